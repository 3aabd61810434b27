import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule, PinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { DockerHost } from '#activities/docker/docker-host.js';
import { createStripeClient } from '#activities/stripe/client.js';
import { syncCatalogue } from '#activities/stripe/catalogue.js';
import type { Environment } from '#config/environment.js';
import { loadBusinessRules, type BusinessRules } from '#config/rules.js';
import { createDataSource } from '#database/data-source.js';
import { CodecController } from './codec.controller.js';
import { composeActivities, connectHosts } from './compose-activities.js';
import { DatabaseCloser } from './database-closer.js';
import { InternalController } from './internal.controller.js';
import { WorkerMetrics } from './metrics.js';
import { PhoneCodesController } from './phone-codes.controller.js';
import { createPhones, PhoneDeliveriesRunner, type Phones } from './phones.js';
import { Schedules } from './schedules.js';
import { DOCKER_HOSTS, ENVIRONMENT, PHONES, QUEUE_ACTIVITIES, RULES } from './tokens.js';
import { TemporalWorkers } from './temporal-workers.js';

/** The worker: Temporal workers, and a small loopback HTTP face for Clawkeep's own processes. */
@Module({})
export class WorkerModule {
  static with(environment: Environment): DynamicModule {
    return {
      module: WorkerModule,
      imports: [LoggerModule.forRoot({ pinoHttp: { level: environment.LOG_LEVEL, autoLogging: false, redact: ['req.headers'] } })],
      controllers: [InternalController, CodecController, PhoneCodesController],
      providers: [
        { provide: ENVIRONMENT, useValue: environment },
        { provide: RULES, useFactory: () => loadBusinessRules({ plansFile: join(environment.CONFIG_DIR, environment.PLANS_FILE), policyFile: join(environment.CONFIG_DIR, environment.POLICY_FILE) }) },
        { provide: DataSource, useFactory: () => createDataSource(environment.DATABASE_URL, environment.DATABASE_POOL_SIZE).initialize() },
        { provide: DOCKER_HOSTS, inject: [DataSource], useFactory: (dataSource: DataSource) => connectHosts(dataSource, environment.DOCKER_HOST_IDS) },
        { provide: PHONES, inject: [DataSource, PinoLogger], useFactory: (dataSource: DataSource, pino: PinoLogger) => createPhones(environment, dataSource, pino.logger as Logger) },
        {
          provide: QUEUE_ACTIVITIES,
          inject: [DataSource, DOCKER_HOSTS, RULES, PinoLogger, PHONES],
          useFactory: (dataSource: DataSource, hosts: ReadonlyMap<string, DockerHost>, rules: BusinessRules, pino: PinoLogger, phones: Phones | null) => {
            const logger = pino.logger as Logger;
            // Ahead of the first sale; a checkout makes sure of its own price, so a Stripe that is down holds nothing up.
            syncCatalogue(createStripeClient({ secretKey: environment.STRIPE_SECRET_KEY, apiUrl: environment.STRIPE_API_URL }), rules.catalogue)
              .catch((error: unknown) => logger.warn({ error }, 'The catalogue was not written to Stripe yet'));
            return composeActivities({ environment, dataSource, rules, logger, hosts, phones });
          },
        },
        TemporalWorkers,
        Schedules,
        PhoneDeliveriesRunner,
        WorkerMetrics,
        DatabaseCloser,
      ],
    };
  }
}
