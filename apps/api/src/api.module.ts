import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { join } from 'node:path';
import type { Environment } from '#config/environment.js';
import { loadCatalogue } from '#config/plans.js';
import { AuthController } from './account/auth.controller.js';
import { AuthMailer } from './account/auth-mailer.js';
import { AuthService } from './account/auth.service.js';
import { Customers } from './account/customers.js';
import { MeController } from './account/me.controller.js';
import { MeService } from './account/me.service.js';
import { PhoneController } from './account/phone.controller.js';
import { PhoneService } from './account/phone.service.js';
import { CheckoutController } from './billing/checkout.controller.js';
import { CheckoutService } from './billing/checkout.service.js';
import { SubscriptionController } from './billing/subscription.controller.js';
import { SubscriptionService } from './billing/subscription.service.js';
import { ChatController } from './chat/chat.controller.js';
import { ChatService } from './chat/chat.service.js';
import { Database } from './database/database.js';
import { DatabaseListener } from './database/listener.js';
import { EventRetention } from './events/event-retention.js';
import { EventStreams } from './events/event-streams.service.js';
import { EventsController } from './events/events.controller.js';
import { ExportsController } from './exports/exports.controller.js';
import { ExportsService } from './exports/exports.service.js';
import { BookReader } from './finance/book-reader.js';
import { CsvReports } from './finance/csv-reports.service.js';
import { FinanceController } from './finance/finance.controller.js';
import { FinanceService } from './finance/finance.service.js';
import { SimulationService } from './finance/simulation.service.js';
import { HealthController } from './health/health.controller.js';
import { ReadinessService } from './health/readiness.service.js';
import { loggingOptions } from './http/logging.js';
import { OpenConnections } from './http/open-connections.js';
import { ProblemFilter } from './http/problem.filter.js';
import { InputPipe } from './http/validation.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { Idempotency } from './idempotency/idempotency.service.js';
import { InstanceCreation } from './instances/instance-creation.service.js';
import { InstanceWishes } from './instances/instance-wishes.service.js';
import { InstancesController } from './instances/instances.controller.js';
import { InstancesService } from './instances/instances.service.js';
import { LogsController } from './instances/logs.controller.js';
import { LogsService } from './instances/logs.service.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { InvoicesService } from './invoices/invoices.service.js';
import { RateLimits } from './limits/rate-limits.js';
import { Metrics } from './metrics/metrics.js';
import { OutboxDispatcher } from './outbox/outbox-dispatcher.service.js';
import { PlansController } from './plans/plans.controller.js';
import { AccessGuard } from './policy/access.guard.js';
import { ModelsController } from './provider-keys/models.controller.js';
import { offeredModels } from './provider-keys/models.js';
import { ProviderKeysController } from './provider-keys/provider-keys.controller.js';
import { ProviderKeysService } from './provider-keys/provider-keys.service.js';
import { SupportActions } from './support/support-actions.service.js';
import { SupportController } from './support/support.controller.js';
import { SupportService } from './support/support.service.js';
import { Timeline } from './support/timeline.service.js';
import { TemporalService } from './temporal/temporal.service.js';
import { CATALOGUE, ENVIRONMENT, MODELS } from './tokens.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageService } from './usage/usage.service.js';
import { StripeWebhookController } from './webhooks/stripe-webhook.controller.js';
import { StripeEventStore } from './webhooks/stripe-event-store.js';
import { StripeWebhookService } from './webhooks/stripe-webhook.service.js';
import { TwilioWebhookController } from './webhooks/twilio-webhook.controller.js';

const CONTROLLERS: Type[] = [
  HealthController, AuthController, PlansController, MeController, PhoneController, ProviderKeysController, ModelsController, InstancesController, LogsController, ChatController, UsageController,
  CheckoutController, SubscriptionController, InvoicesController, ExportsController, EventsController, SupportController, StripeWebhookController, TwilioWebhookController, FinanceController,
];
/** In the order in which they come up: the database first, those that listen and dispatch after it. */
const SERVICES: Provider[] = [
  Database, DatabaseListener, TemporalService, RateLimits, AuthMailer, Customers, AuthService, Idempotency, PhoneService, MeService, ProviderKeysService, InstancesService, InstanceCreation,
  InstanceWishes, LogsService, ChatService, UsageService, CheckoutService, SubscriptionService, InvoicesService, ExportsService, EventStreams, EventRetention, SupportService, SupportActions, Timeline, StripeEventStore, StripeWebhookService,
  ReadinessService, OutboxDispatcher, Metrics, OpenConnections, BookReader, FinanceService, CsvReports, SimulationService,
  { provide: APP_FILTER, useClass: ProblemFilter },
  { provide: APP_GUARD, useClass: AccessGuard },
  { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
  { provide: APP_PIPE, useClass: InputPipe },
];

/** The whole API. Its constructors touch nothing outside; connections are made when the application starts. */
@Module({})
export class ApiModule {
  static with(environment: Environment, extraControllers: readonly Type[] = []): DynamicModule {
    const { CONFIG_DIR, PLANS_FILE } = environment;
    return {
      module: ApiModule,
      imports: [DiscoveryModule, LoggerModule.forRoot(loggingOptions(environment))],
      controllers: [...CONTROLLERS, ...extraControllers],
      providers: [
        ...SERVICES,
        { provide: ENVIRONMENT, useValue: environment },
        { provide: CATALOGUE, useValue: loadCatalogue(join(CONFIG_DIR, PLANS_FILE)) },
        { provide: MODELS, useValue: offeredModels(join(CONFIG_DIR, 'models.yaml')) },
      ],
    };
  }
}
