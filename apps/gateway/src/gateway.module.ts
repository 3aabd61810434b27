import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import pg from 'pg';
import type { Logger } from 'pino';
import type { NamedKey } from '#database/secrets/envelope.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { CallerStore } from './callers/caller.store.js';
import { GatewayErrorFilter } from './gateway.errors.js';
import { POOL } from './gateway.tokens.js';
import { GatewayMetrics } from './health/gateway.metrics.js';
import { HealthController } from './health/health.controller.js';
import type { PlanLimits } from './limits/message-limits.js';
import { ProxyController } from './proxy/proxy.controller.js';
import { ProxyService } from './proxy/proxy.service.js';
import { DEFAULT_PROXY_SETTINGS, type ProxySettings } from './proxy/proxy.settings.js';
import { UpstreamClient } from './proxy/upstream.client.js';
import { UsageStore } from './usage/usage.store.js';
import { UsageWriter } from './usage/usage-writer.js';
import type { VendorBaseUrls } from './vendors/vendors.js';

/** Streams under way at a shutdown may go on for this long. */
const SHUTDOWN_GRACE_MS = 20_000;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;

export interface GatewayOptions {
  databaseUrl: string;
  poolSize: number;
  /** Key-encryption keys, the current one first. */
  encryptionKeys: readonly NamedKey[];
  baseUrls: VendorBaseUrls;
  limits: PlanLimits;
  logger: Logger;
  settings?: Partial<ProxySettings>;
  now?: () => Date;
}

/** Lets answers under way finish, then writes what is left to write. */
class Shutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  #forced: NodeJS.Timeout | undefined;

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(UsageWriter) private readonly writer: UsageWriter,
    @Inject(POOL) private readonly pool: pg.Pool,
  ) {}

  beforeApplicationShutdown(): void {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    this.#forced = setTimeout(() => server.closeAllConnections(), SHUTDOWN_GRACE_MS);
    this.#forced.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.#forced);
    await this.writer.drain();
    await this.pool.end();
  }
}

function createPool({ databaseUrl, poolSize, logger }: GatewayOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'clawkeep-gateway',
  });
  // An idle connection that Postgres ends is no error of the process.
  pool.on('error', (error) => logger.warn({ code: (error as { code?: unknown }).code }, 'database connection lost'));
  return pool;
}

/** The gateway: needs Postgres and the vendors, and nothing else of the house. */
@Module({})
export class GatewayModule {
  static with(options: GatewayOptions): DynamicModule {
    const pool = createPool(options);
    const metrics = new GatewayMetrics();
    const writer = new UsageWriter(options.logger);
    const proxy = new ProxyService({
      callers: new CallerStore(pool, new SecretVault(pool, options.encryptionKeys)),
      usage: new UsageStore(pool),
      writer,
      limits: options.limits,
      upstream: new UpstreamClient(options.baseUrls),
      metrics,
      logger: options.logger,
      settings: { ...DEFAULT_PROXY_SETTINGS, ...options.settings },
      now: options.now ?? (() => new Date()),
    });
    return {
      module: GatewayModule,
      controllers: [HealthController, ProxyController],
      providers: [
        { provide: POOL, useValue: pool },
        { provide: GatewayMetrics, useValue: metrics },
        { provide: UsageWriter, useValue: writer },
        { provide: ProxyService, useValue: proxy },
        { provide: APP_FILTER, useClass: GatewayErrorFilter },
        Shutdown,
      ],
    };
  }
}
