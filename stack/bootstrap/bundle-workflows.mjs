// A process of its own: the bundler's memory goes back when it ends.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = process.argv[2] ?? process.cwd();
const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: (text) => console.log(text), error: (text) => console.log(text) };
const { code } = await bundleWorkflowCode({
  workflowsPath: join(root, 'dist/libs/workflows/src/workflows.js'),
  // Without it a workflow would write the messages of its own failures into the history in clear.
  failureConverterPath: join(root, 'dist/libs/temporal/src/failure-converter.js'),
  logger: quiet,
});
const file = join(root, 'dist/workflow-bundle.js');
writeFileSync(`${file}.next`, code);
renameSync(`${file}.next`, file);
