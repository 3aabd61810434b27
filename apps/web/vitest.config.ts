import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { messages } from './plugins/messages.js';

/** Run from the root: npx vitest run --config apps/web/vitest.config.ts. Node only; what needs a browser is Playwright's. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [messages()],
  resolve: {
    conditions: ['source', 'module', 'default'],
    alias: [{ find: /^use-intl\/format-message$/, replacement: 'use-intl/format-message/format-only' }],
  },
  ssr: { resolve: { conditions: ['source', 'module', 'default'] } },
  test: {
    name: 'web',
    environment: 'node',
    include: ['test/unit/**/*.spec.{ts,tsx}'],
    server: { deps: { inline: ['use-intl'] } },
  },
});
