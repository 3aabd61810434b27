import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import pg from 'pg';
import { pino, type DestinationStream } from 'pino';
import type { DataSource } from 'typeorm';
import { createGatewayApp } from '../../../../apps/gateway/src/gateway.app.js';
import { catalogueLimits } from '../../../../apps/gateway/src/limits/catalogue-limits.js';
import { composeActivities, connectHosts } from '../../../../apps/worker/src/compose-activities.js';
import { createPhones, type Phones } from '../../../../apps/worker/src/phones.js';
import { loadEnvironment, type Environment } from '#config/environment.js';
import { loadBusinessRules } from '#config/rules.js';
import { createDataSource } from '#database/data-source.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import type { InstanceWish } from '#domain/instance/instance.types.js';
import { connectTemporal } from '#temporal/client.js';
import {
  CUSTOMER_LIFECYCLE, instanceWishedSignal, openCheckoutUpdate, stripeChangedSignal, type CheckoutOpened,
} from '#workflows/contracts/customer-lifecycle.js';
import { LIFECYCLE_QUEUE } from '#workflows/contracts/queues.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { createTestDatabase } from '../postgres.js';
import { startDoorbell } from './doorbell.js';
import { startEmulators, type Emulators } from './emulators.js';
import { readGroundTruth, type GroundTruth, type TruthSources } from './ground-truth.js';
import { createNamespace } from './namespace.js';
import { writePerson, type Person, type PersonWish } from './people.js';
import { TEST_CODEC_KEYS } from './test-codec-key.js';
import { startWorkers } from './workers.js';

export interface HarnessOptions {
  /** Address of a PostgreSQL with the migrated template, without a database. */
  readonly postgresUrl: string;
  readonly temporalAddress: string;
  /** Where `dist/` and `config/` lie; the current folder by default. */
  readonly root?: string;
  readonly activityInterceptors?: ActivityInterceptorsFactory[];
  /** Over the sandbox's own. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly slots?: number;
  /** With which the product signs in at the mail server. */
  readonly smtpUser?: { readonly name: string; readonly password: string };
  /** Model key of everybody who signs up; one of its own for each by default. */
  readonly providerKey?: string;
  /** Where the product's log lines go; nowhere by default. */
  readonly logSink?: DestinationStream;
}

export const HARNESS_HOST = 'host-1';
/** Below the range from which the kernel gives ports to outgoing connections. */
const [FIRST_PORT, LAST_PORT, PORTS_EACH] = [12_000, 32_000, 700];

/** The whole product in one process, on emulators: everything real but the vendors. */
export interface Harness {
  readonly client: Client;
  readonly namespace: string;
  readonly environment: Environment;
  readonly dataSource: DataSource;
  readonly pool: pg.Pool;
  readonly vault: SecretVault;
  /** What reaches phones, where the environment names an account at Twilio; else null. */
  readonly phones: Phones | null;
  readonly emulators: Emulators;
  readonly stateDir: string;
  /** Writes the rows of a person who signed up and wished an assistant; nothing has begun. */
  newPerson(wish: PersonWish): Promise<Person>;
  newFreeCustomer(wish?: { providerKey?: string }): Promise<Person>;
  /** Signs up, opens a checkout by the workflow's update; not yet paid. */
  newCheckout(wish: { planId: string; priceId: string; providerKey?: string }): Promise<Person & { checkout: CheckoutOpened }>;
  /** As `newCheckout`, then pays; Stripe's webhooks come by themselves. */
  newPaidCustomer(wish: { planId: string; priceId: string; providerKey?: string }): Promise<Person & { checkout: CheckoutOpened }>;
  openCheckout(person: Person, wish: { planId: string; priceId: string; requestId?: string }): Promise<CheckoutOpened>;
  pay(checkoutSessionId: string, card?: string): Promise<void>;
  wish(person: Person, wish: InstanceWish): Promise<void>;
  /** Rings as Stripe would at its next event. */
  ring(customerId: string): Promise<void>;
  /** Moves the customer's test clock on. */
  advanceClock(customerId: string, toMs: number): Promise<void>;
  truth(person: Person): Promise<GroundTruth>;
  /** Asks the assistant as chat does: by its route, with its token. Answers the HTTP status, 0 where nothing answers. */
  ask(person: Person): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the product for a test. Everything has its own ports, database, namespace and folder, so that harnesses do not meet. */
export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const root = options.root ?? process.cwd();
  const stopping: (() => Promise<unknown>)[] = [];
  const onStop = <T>(value: T, stop: () => Promise<unknown>): T => { stopping.unshift(stop); return value; };
  const stop = async (): Promise<void> => { for (const one of stopping.splice(0)) await one().catch(() => undefined); };
  try {
    const stateDir = mkdtempSync(join(tmpdir(), 'ck-harness-'));
    onStop(undefined, async () => rmSync(stateDir, { recursive: true, force: true }));
    const database = await createTestDatabase(options.postgresUrl);
    onStop(undefined, () => database.drop());
    const namespace = `h-${randomBytes(6).toString('hex')}`;
    await createNamespace(options.temporalAddress, namespace);
    const stripeSecretKey = options.environment?.['STRIPE_SECRET_KEY'] ?? `sk_test_${randomBytes(12).toString('hex')}`;
    const emulators = await startEmulators(stateDir, stripeSecretKey);
    onStop(undefined, () => emulators.close());

    const environment = loadEnvironment({
      CLAWKEEP_SANDBOX: '1', DATABASE_URL: database.url, TEMPORAL_ADDRESS: options.temporalAddress, TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_CODEC_KEYS: TEST_CODEC_KEYS, STRIPE_API_URL: emulators.stripe.baseUrl, SMTP_URL: options.smtpUser === undefined ? emulators.mail.smtpUrl : emulators.mail.smtpUrl.replace('smtp://', `smtp://${options.smtpUser.name}:${options.smtpUser.password}@`),
      OPENAI_BASE_URL: `${emulators.llm.url}/openai/v1`, ANTHROPIC_BASE_URL: `${emulators.llm.url}/anthropic/v1`, GOOGLE_BASE_URL: `${emulators.llm.url}/google/v1beta`,
      STORAGE_DIR: join(stateDir, 'exports'), CONFIG_DIR: join(root, 'config'), WORKFLOW_BUNDLE: join(root, 'dist/workflow-bundle.js'),
      DATABASE_POOL_SIZE: '20', LOG_LEVEL: 'debug', ...options.environment, STRIPE_SECRET_KEY: stripeSecretKey,
    });
    const logger = options.logSink === undefined ? pino({ level: 'silent' }) : pino({ level: 'debug' }, options.logSink);
    const rules = loadBusinessRules({ plansFile: join(environment.CONFIG_DIR, environment.PLANS_FILE), policyFile: join(environment.CONFIG_DIR, environment.POLICY_FILE) });
    const gateway = await createGatewayApp({
      databaseUrl: database.url, poolSize: 10, encryptionKeys: environment.ENCRYPTION_KEYS, logger, limits: catalogueLimits(rules.catalogue),
      baseUrls: { openai: environment.OPENAI_BASE_URL, anthropic: environment.ANTHROPIC_BASE_URL, google: environment.GOOGLE_BASE_URL },
    });
    onStop(undefined, () => gateway.app.close());
    await gateway.app.listen(0, '127.0.0.1');

    const pool = new pg.Pool({ connectionString: database.url, max: 10 });
    // The database is dropped under connections that are just being given up.
    pool.on('error', () => undefined);
    onStop(undefined, () => pool.end());
    const firstPort = randomInt(FIRST_PORT, LAST_PORT - PORTS_EACH);
    await pool.query(
      `INSERT INTO host (id, docker_url, gateway_url, engine, image, capacity_slots, first_port, last_port) VALUES ($1, $2, $3, 'emulator', $4, $5, $6, $7)`,
      [HARNESS_HOST, `unix://${emulators.docker.socketPath ?? ''}`, `http://127.0.0.1:${((gateway.app.getHttpServer() as Server).address() as AddressInfo).port}`,
        emulators.docker.imageReference, options.slots ?? 500, firstPort, firstPort + PORTS_EACH]);
    const dataSource = await createDataSource(database.url, environment.DATABASE_POOL_SIZE).initialize();
    onStop(undefined, () => dataSource.destroy());
    const temporal = await connectTemporal({ address: options.temporalAddress, namespace, codecKeys: environment.TEMPORAL_CODEC_KEYS });
    onStop(undefined, () => temporal.close());
    const { client } = temporal;
    const phones = createPhones(environment, dataSource, logger);
    phones?.deliveries.start();
    onStop(undefined, async () => phones?.deliveries.stop());
    const workers = await startWorkers({
      address: options.temporalAddress, namespace, codecKeys: environment.TEMPORAL_CODEC_KEYS, code: readFileSync(environment.WORKFLOW_BUNDLE, 'utf8'),
      queues: composeActivities({ environment, dataSource, rules, logger, hosts: await connectHosts(dataSource, [HARNESS_HOST]), phones }),
      ...(options.activityInterceptors === undefined ? {} : { activityInterceptors: options.activityInterceptors }),
    });
    onStop(undefined, () => workers.stop());
    const doorbell = await startDoorbell(pool, client);
    onStop(undefined, () => doorbell.close());
    doorbell.secret = (await stripeCall<{ secret: string }>(emulators, stripeSecretKey, '/v1/webhook_endpoints', { url: doorbell.url, 'enabled_events[]': '*' })).secret;

    const vault = new SecretVault(dataSource, environment.ENCRYPTION_KEYS);
    const sources: TruthSources = {
      pool, dockerUrl: `http://127.0.0.1:${emulators.docker.port}`, stripeUrl: emulators.stripe.baseUrl, mailUrl: emulators.mail.url, storageDir: environment.STORAGE_DIR,
    };
    const start = (customerId: string) => ({ workflowId: customerWorkflowId(customerId), taskQueue: LIFECYCLE_QUEUE, args: [{ customerId }] as [{ customerId: string }] });
    const control = async (path: string, body: object): Promise<void> => {
      const response = await fetch(`${emulators.stripe.baseUrl}/_emulator${path}`, { method: 'POST', body: JSON.stringify(body) });
      const said = await response.json() as { status?: string; detail?: string };
      if (!response.ok || said.status === 'declined') throw new Error(`The Stripe emulator refused ${path}: ${JSON.stringify(said)}`);
    };

    const harness: Harness = {
      client, namespace, environment, dataSource, pool, vault, phones, emulators, stateDir, stop,
      newPerson: (wish) => writePerson(dataSource, vault, { ...(options.providerKey === undefined ? {} : { providerKey: options.providerKey }), ...wish }),
      async newFreeCustomer(wish = {}) {
        const person = await harness.newPerson({ planId: 'free', status: 'provisioning', ...wish });
        await harness.wish(person, 'provision');
        return person;
      },
      async newCheckout({ planId, priceId, ...wish }) {
        const person = await harness.newPerson({ planId, status: 'awaiting_payment', ...wish });
        return { ...person, checkout: await harness.openCheckout(person, { planId, priceId }) };
      },
      async newPaidCustomer(wish) {
        const person = await harness.newCheckout(wish);
        await harness.pay(person.checkout.checkoutSessionId);
        return person;
      },
      async openCheckout({ customerId, instanceId }, { planId, priceId, requestId = randomUUID() }) {
        return client.workflow.executeUpdateWithStart(openCheckoutUpdate, {
          updateId: requestId, args: [{ planId, priceId, instanceId, requestId }],
          startWorkflowOperation: new WithStartWorkflowOperation(CUSTOMER_LIFECYCLE, { ...start(customerId), workflowIdConflictPolicy: 'USE_EXISTING' }),
        });
      },
      pay: (id, card = '4242424242424242') => control(`/checkout/${id}/pay`, { card }),
      async wish({ customerId, instanceId }, wish) {
        if (wish === 'remove') await pool.query(`UPDATE instance SET desired_state = 'removed' WHERE id = $1`, [instanceId]);
        await client.workflow.signalWithStart(CUSTOMER_LIFECYCLE, {
          ...start(customerId), signal: instanceWishedSignal, signalArgs: [{ requestId: randomUUID(), instanceId, wish, actor: 'owner' }],
        });
      },
      async ring(customerId) {
        await client.workflow.signalWithStart(CUSTOMER_LIFECYCLE, {
          ...start(customerId), signal: stripeChangedSignal, signalArgs: [{ eventId: `evt_${randomUUID()}`, type: 'customer.updated', objectId: null }],
        });
      },
      async advanceClock(customerId, toMs) {
        const { rows } = await pool.query<{ test_clock_id: string | null }>('SELECT test_clock_id FROM customer WHERE id = $1', [customerId]);
        await control(`/clocks/${String(rows[0]?.test_clock_id)}/advance`, { to: Math.floor(toMs / 1000) });
      },
      truth: (person) => readGroundTruth(sources, person),
      async ask({ customerId, instanceId }) {
        const { rows: [route] } = await pool.query<{ address: string; port: number }>('SELECT address, port FROM route WHERE instance_id = $1', [instanceId]);
        const { rows: [secret] } = await pool.query<{ id: string }>(`SELECT id FROM secret WHERE subject = $1 AND kind = 'agent_token'`, [instanceId]);
        if (route === undefined || secret === undefined) return 0;
        const response = await fetch(`http://${route.address}:${route.port}/v1/chat/completions`, {
          method: 'POST', headers: { authorization: `Bearer ${await vault.get(secret.id, customerId)}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'openclaw', messages: [{ role: 'user', content: 'hello' }] }), signal: AbortSignal.timeout(30_000),
        }).catch(() => null);
        await response?.arrayBuffer();
        return response?.status ?? 0;
      },
    };
    return harness;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stripeCall<T>(emulators: Emulators, secretKey: string, path: string, form: Record<string, string>): Promise<T> {
  const response = await fetch(`${emulators.stripe.baseUrl}${path}`, { method: 'POST', headers: { authorization: `Bearer ${secretKey}` }, body: new URLSearchParams(form) });
  if (!response.ok) throw new Error(`The Stripe emulator refused ${path}: ${await response.text()}`);
  return await response.json() as T;
}
