import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openapiText } from './openapi-text.js';

describe('apps/api/openapi.json', () => {
  it('is what the routes say now; after a change run: node dist/apps/api/src/openapi.js', async () => {
    expect(JSON.parse(await readFile('apps/api/openapi.json', 'utf8'))).toEqual(JSON.parse(await openapiText()));
  });

  it('names each operation once', async () => {
    const document = JSON.parse(await openapiText()) as { paths: Record<string, Record<string, { operationId: string }>> };
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('createInstance');
  });
});
