import { defineConfig } from 'vitest/config';

/**
 * `unit` needs nothing but Node; `integration` gets one Postgres and one Temporal server from its global set-up; `system` starts the built
 * product as real processes, a stack of its own in each file, one file at a time. They run in this order: groups with different numbers
 * of workers may not share a place in it. Time-outs are patience for a slow, busy machine, never claims of speed (`bench/` makes those).
 */
const SYSTEM = '{test/{life,chaos,webhooks},stack}/**/*.int.spec.ts';

export default defineConfig({
  // Vitest hands these to Node as --conditions; 'import' and 'module' among them would make require() of a CommonJS package load its ESM twin.
  ssr: { resolve: { conditions: ['source', 'node', 'default'] } },
  // Global set-ups are loaded in an environment of their own; without this they would run what was last built to dist.
  environments: { __vitest__: { resolve: { conditions: ['source', 'node', 'default'] } } },
  resolve: { conditions: ['source', 'node', 'import', 'module', 'default'] },
  test: {
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest gives a polled condition one second.
    expect: { poll: { timeout: 45_000 } },
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
          exclude: ['**/node_modules/**', 'dist/**', 'apps/web/**', SYSTEM],
          sequence: { groupOrder: 1 },
          globalSetup: ['libs/testing/src/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: { name: 'system', include: [SYSTEM], sequence: { groupOrder: 2 }, testTimeout: 180_000, hookTimeout: 180_000, maxWorkers: 1, fileParallelism: false },
      },
    ],
  },
});
