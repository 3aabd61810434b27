import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { openapiText } from './openapi-text.js';

/** Process entry: writes the OpenAPI document to the path given, or to apps/api/openapi.json. Nothing else is needed for it. */
await writeFile(process.argv[2] ?? 'apps/api/openapi.json', await openapiText());
