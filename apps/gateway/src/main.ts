import { join } from 'node:path';
import { pino } from 'pino';
import { loadEnvironment } from '#config/environment.js';
import { loadCatalogue } from '#config/plans.js';
import { createGatewayApp } from './gateway.app.js';
import { startMetricsServer } from '#metrics/metrics-server.js';
import { catalogueLimits } from './limits/catalogue-limits.js';

const environment = loadEnvironment();
const logger = pino({ level: environment.LOG_LEVEL, base: { app: 'gateway', release: environment.RELEASE_ID } });

const { app, metrics } = await createGatewayApp({
  databaseUrl: environment.DATABASE_URL,
  poolSize: environment.DATABASE_POOL_SIZE,
  encryptionKeys: environment.ENCRYPTION_KEYS,
  baseUrls: { openai: environment.OPENAI_BASE_URL, anthropic: environment.ANTHROPIC_BASE_URL, google: environment.GOOGLE_BASE_URL },
  limits: catalogueLimits(loadCatalogue(join(environment.CONFIG_DIR, environment.PLANS_FILE))),
  logger,
});
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
const metricsServer = await startMetricsServer(metrics.registry, environment.GATEWAY_METRICS_PORT, environment.BIND_ADDRESS);
// Metrics are no reason to stay alive: the process ends when the gateway has.
metricsServer.unref();
await app.listen(environment.GATEWAY_PORT, environment.GATEWAY_BIND_ADDRESS);
logger.info({ port: environment.GATEWAY_PORT, address: environment.GATEWAY_BIND_ADDRESS }, 'gateway listens');
