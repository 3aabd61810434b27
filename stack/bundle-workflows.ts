import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from '#temporal/data-converter.js';

const QUIET = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };

/** Bundles the compiled workflows with the failure converter into `target`: what workers and the replay gate load. Answers its size in bytes. */
export async function bundleWorkflows(target: string): Promise<number> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../libs/workflows/src/workflows.js', import.meta.url)),
    failureConverterPath: FAILURE_CONVERTER_PATH,
    logger: QUIET,
  });
  await writeFile(target, code);
  return code.length;
}
