// A process of its own: esbuild's service ends with it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = process.argv[2] ?? process.cwd();
const { buildAgentBundle } = await import(pathToFileURL(join(root, 'dist/sandbox/emulators/openclaw/bundle.js')).href);
await buildAgentBundle({ outFile: join(root, 'dist/agent/openclaw-agent.mjs') });
