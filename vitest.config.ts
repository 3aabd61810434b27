import { defineConfig } from 'vitest/config';

/** `unit` needs nothing but Node; `integration` gets one Postgres and one Temporal server from its global set-up. */
export default defineConfig({
  // Vitest hands these to Node as --conditions; 'import' and 'module' among them would make require() of a CommonJS package load its ESM twin.
  ssr: { resolve: { conditions: ['source', 'node', 'default'] } },
  resolve: { conditions: ['source', 'node', 'import', 'module', 'default'] },
  test: {
    environment: 'node',
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{apps,libs,sandbox,stack}/**/*.spec.ts'], exclude: ['**/*.int.spec.ts', '**/node_modules/**', 'dist/**', 'apps/web/**'] },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{apps,libs,sandbox,stack,test}/**/*.int.spec.ts'],
          exclude: ['**/node_modules/**', 'dist/**', 'apps/web/**'],
          globalSetup: ['libs/testing/src/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
