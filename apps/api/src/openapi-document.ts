import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDto } from './http/problem.dto.js';

export const OPENAPI_TITLE = 'Clawkeep API';

/** The OpenAPI document of every route under /api/v1. Operation ids are the handlers' names, which are unique over the whole API. */
export function openapiDocument(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle(OPENAPI_TITLE)
    .setVersion('1')
    .setDescription('Sign in at /api/auth (better-auth); the session is a cookie. Every error has the shape of ProblemDto. Writes take an Idempotency-Key.')
    .addCookieAuth('clawkeep.session_token', { type: 'apiKey', in: 'cookie' }, 'session')
    .addGlobalParameters({ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 200 }, description: 'On writes: the same key with the same body answers with what was answered before.' })
    .build();
  const document = SwaggerModule.createDocument(app, settings, { operationIdFactory: (_controller, method) => method, extraModels: [ProblemDto] });
  for (const path of Object.values(document.paths)) {
    // A header for writes only.
    const read = path.get;
    if (read?.parameters) read.parameters = read.parameters.filter((parameter) => !('name' in parameter && parameter.name === 'Idempotency-Key'));
  }
  return document;
}
