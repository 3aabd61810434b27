import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import type { Server } from 'node:http';
import { Logger } from 'nestjs-pino';
import type { Environment } from '#config/environment.js';
import { ApiModule } from './api.module.js';
import { dashboard } from './dashboard/dashboard.js';
import { bodyReader } from './http/body.js';
import { Problem } from './http/problem.js';
import { problemOf, sendProblem } from './http/problem.filter.js';
import { requestIdOf } from './http/request-id.js';
import { securityHeaders } from './http/security-headers.js';
import { Metrics } from './metrics/metrics.js';
import { OPENAPI_TITLE, openapiDocument } from './openapi-document.js';
import { listRoutes, OUTSIDE_PREFIX, requirePolicies } from './policy/route-list.js';

const REQUEST_MS = 30_000;
/** Longer than the 60 s after which load balancers let go of an idle connection: closed first by us, it could take a request with it. */
const KEEP_ALIVE_MS = 65_000;

/** What the router knows; the rest of /api would get Express's own page. */
const OUR_PLACES = /^\/api\/(v1|auth|docs|openapi\.json)(\/|$)/;

/**
 * Builds the API with everything in front of it; not yet listening, and nothing outside is touched. Rejects where a route has no policy.
 * @param extraControllers for tests
 */
export async function createApplication(environment: Environment, extraControllers: readonly Type[] = []): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule.with(environment, extraControllers), { bodyParser: false, bufferLogs: true, abortOnError: false });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  app.setGlobalPrefix('api/v1', { exclude: [`${OUTSIDE_PREFIX}/{*path}`] });
  requirePolicies(listRoutes(app));
  app.set('trust proxy', environment.TRUSTED_PROXIES);
  app.set('query parser', 'simple');
  app.disable('x-powered-by');
  app.use((request: Request & { id?: string }, response: Response, next: NextFunction) => { request.id = requestIdOf(request, response); next(); });
  app.use(securityHeaders(environment.PUBLIC_URL));
  app.use(app.get(Metrics).middleware());
  app.use(dashboard(environment.WEB_DIST_DIR));
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (OUR_PLACES.test(request.path)) return next();
    sendProblem(new Problem(404, 'NOT_FOUND', 'There is nothing at this address.'), request as { id?: unknown }, response);
  });
  app.use(bodyReader());
  SwaggerModule.setup('api/docs', app, () => openapiDocument(app), { jsonDocumentUrl: 'api/openapi.json', customSiteTitle: OPENAPI_TITLE });
  // What fails before a route is found, such as a broken % escape, has our shape too.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    sendProblem(problemOf(error) ?? new Problem(500, 'INTERNAL', 'Something went wrong on our side.'), request as { id?: unknown }, response));
  // A request must have come in whole by then; answers may take as long as they take.
  const server = app.getHttpServer() as Server;
  server.requestTimeout = REQUEST_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  return app;
}
