import { defineConfig } from '@hey-api/openapi-ts';

/** Makes src/api/generated from the API's committed document; run `npx openapi-ts -f apps/web/openapi-ts.config.ts` from the root. */
export default defineConfig({
  input: 'apps/api/openapi.json',
  output: { path: 'apps/web/src/api/generated', clean: true },
  plugins: ['@hey-api/client-fetch', { name: '@hey-api/typescript', enums: false }, { name: '@hey-api/sdk', operations: { strategy: 'flat' } }],
});
