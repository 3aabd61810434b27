import { createClient } from '@hey-api/openapi-ts';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

it('has the client that the committed OpenAPI document gives', async () => {
  const fresh = await mkdtemp(join(tmpdir(), 'clawkeep-client-'));
  try {
    await createClient({
      input: here('../../../api/openapi.json'),
      output: { path: fresh, clean: true },
      logs: { level: 'silent' },
      plugins: ['@hey-api/client-fetch', { name: '@hey-api/typescript', enums: false }, { name: '@hey-api/sdk', operations: { strategy: 'flat' } }],
    });
    for (const file of (await readdir(fresh)).filter((name) => name.endsWith('.gen.ts'))) {
      // The generator writes extensions by the nearest tsconfig, which the copy in the temporary folder does not have.
      const [made, kept] = (await Promise.all([readFile(join(fresh, file), 'utf8'), readFile(here(`../../src/api/generated/${file}`), 'utf8')])).map((text) => text.replace(/(from '\.[^']*?)(\/index)?(\.js)?'/g, "$1'"));
      expect(kept === made, `${file} is stale: npx openapi-ts -f apps/web/openapi-ts.config.ts`).toBe(true);
    }
  } finally {
    await rm(fresh, { recursive: true });
  }
}, 30_000);
