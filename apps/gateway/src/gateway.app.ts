import 'reflect-metadata';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { NestPinoLogger } from './gateway.logger.js';
import { GatewayModule, type GatewayOptions } from './gateway.module.js';
import { GatewayMetrics } from './health/gateway.metrics.js';

/** A request must be here whole within this time; answers may take longer. */
const REQUEST_TIMEOUT_MS = 60_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than clients keep a connection, so that none writes into one that is just being closed. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export interface GatewayApp {
  app: NestExpressApplication;
  metrics: GatewayMetrics;
}

/** Builds the application; not yet listening. */
export async function createGatewayApp(options: GatewayOptions): Promise<GatewayApp> {
  const app = await NestFactory.create<NestExpressApplication>(GatewayModule.with(options), {
    // Bodies are read by the proxy itself, with its own limit, and are passed on byte for byte.
    bodyParser: false,
    logger: new NestPinoLogger(options.logger),
  });
  app.disable('x-powered-by');
  app.disable('etag');
  const server = app.getHttpServer() as Server;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  return { app, metrics: app.get(GatewayMetrics) };
}
