/** Builds the dashboard and the public pages into apps/web/dist. Run: node apps/web/build.mjs */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

await build({ configFile: fileURLToPath(new URL('./vite.config.ts', import.meta.url)), logLevel: 'warn' });
