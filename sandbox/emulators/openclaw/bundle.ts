import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Where the bundle lies, from the repository's root. */
export const AGENT_BUNDLE = join('dist', 'agent', 'openclaw-agent.mjs');

/** The entry beside this file: TypeScript in the source tree, JavaScript in the built one. */
function entryPoint(): string {
  const here = fileURLToPath(import.meta.url);
  return join(dirname(here), here.endsWith('.ts') ? 'main.ts' : 'main.js');
}

/**
 * Bundles the light agent into one file and returns its path.
 * The file is put in place by a rename, so that agents being started meanwhile never read half of it.
 */
export async function buildAgentBundle(options: { outFile: string }): Promise<string> {
  mkdirSync(dirname(options.outFile), { recursive: true });
  const next = `${options.outFile}.${randomUUID()}.next`;
  await build({
    entryPoints: [entryPoint()],
    outfile: next,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    // In the built tree the package's subpath imports must not be needed: the agent uses relative imports only.
    logLevel: 'silent',
  });
  renameSync(next, options.outFile);
  return options.outFile;
}
