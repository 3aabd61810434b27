import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { messages } from './plugins/messages.js';
import { appEntry, staticPages } from './plugins/pages.js';
import { themeCss } from './plugins/theme-css.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The dashboard is one page, app.html; the public pages are static files that `staticPages` writes beside it. */
export default defineConfig({
  root: here('.'),
  resolve: {
    conditions: ['source', 'module', 'browser', 'development|production'],
    alias: [{ find: /^use-intl\/format-message$/, replacement: 'use-intl/format-message/format-only' }],
  },
  plugins: [
    themeCss(),
    messages(),
    tanstackRouter({
      target: 'react',
      autoCodeSplitting: true,
      // Loaders leave with their pages, so that the API client is no part of the sign-in page.
      codeSplittingOptions: { defaultBehavior: [['loader', 'component']] },
      routesDirectory: here('./src/routes'),
      generatedRouteTree: here('./src/routeTree.gen.ts'),
      quoteStyle: 'single',
      semicolons: true,
      disableLogging: true,
    }),
    react(),
    appEntry(),
    staticPages(),
  ],
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { app: here('./app.html'), site: here('./pages/site.css') },
      output: {
        // Few files compress better than many and wait for each other less: what every page needs is one file of ours and one of the libraries.
        codeSplitting: {
          groups: [
            { name: 'vendor', test: /node_modules[\\/](?:react|react-dom|scheduler|@tanstack|use-intl|icu-minify)[\\/]/, priority: 2 },
            { name: 'base', test: /apps[\\/]web[\\/]src[\\/](?:router|routes[\\/][^?]+|routeTree\.gen|theme[\\/]\w+|i18n[\\/]\w+|api[\\/](?:errors|query-client))\.tsx?$/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { port: 4420, proxy: { '/api': { target: 'http://127.0.0.1:4400', changeOrigin: false } } },
});
