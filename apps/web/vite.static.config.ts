import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { messages } from './plugins/messages.js';

/** Runs pages/render.tsx in Node while the build writes the public pages. */
export default defineConfig({
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
  ssr: { noExternal: ['use-intl'] },
  resolve: { conditions: ['source'], alias: [{ find: /^use-intl\/format-message$/, replacement: 'use-intl/format-message/format-only' }] },
  plugins: [messages(), react()],
});
