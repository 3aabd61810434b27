import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { createTransport } from 'nodemailer';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { createDockerActivities } from '#activities/docker/docker.activities.js';
import { parseDockerHost } from '#activities/docker/docker-connection.js';
import { DockerHost } from '#activities/docker/docker-host.js';
import { createNotifyActivities, type PhoneNotices } from '#activities/mail/notify.activities.js';
import { createLedgerActivities } from '#activities/ledger/balance.activities.js';
import { createPlacementActivities } from '#activities/placement/placement.activities.js';
import { createProjectionsActivities } from '#activities/projections/projections.activities.js';
import { createReconcileActivities } from '#activities/reconcile/reconcile.activities.js';
import { createRulesActivities } from '#activities/rules/rules.activities.js';
import { createBillingActivities } from '#activities/stripe/billing.activities.js';
import { createStripeClient } from '#activities/stripe/client.js';
import type { Environment } from '#config/environment.js';
import { loadModels } from '#config/models.js';
import type { BusinessRules } from '#config/rules.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { isPaidUp } from '#domain/lifecycle/paid-up.js';
import type { BillingPort } from '#workflows/ports/billing.port.js';
import { BILLING_QUEUE, NOTIFY_QUEUE, PROJECTIONS_QUEUE, dockerQueue } from '#workflows/contracts/queues.js';
import type { QueueActivities } from './tokens.js';

export interface Parts { environment: Environment; dataSource: DataSource; rules: BusinessRules; logger: Logger; hosts: ReadonlyMap<string, DockerHost>; phones?: PhoneNotices | null }

/** The one place where ports meet their real activities: what each queue serves, and how much of it at once. */
export function composeActivities({ environment, dataSource, rules, logger, hosts, phones = null }: Parts): QueueActivities[] {
  const publicUrl = environment.PUBLIC_URL.replace(/\/$/, '');
  const { catalogue } = rules;
  const models = loadModels(join(environment.CONFIG_DIR, 'models.yaml'));
  const stripe = createStripeClient({ secretKey: environment.STRIPE_SECRET_KEY, apiUrl: environment.STRIPE_API_URL });
  const vault = new SecretVault(dataSource, environment.ENCRYPTION_KEYS);
  const billing = createBillingActivities({ stripe, dataSource, catalogue, publicUrl, logger, retryOwner: rules.policy.retryOwner });
  const reconcile = createReconcileActivities({ stripe, dataSource, live: /^(sk|rk)_live_/.test(environment.STRIPE_SECRET_KEY), logger, massBreaker: rules.policy.massBreaker });
  const projections = {
    ...createProjectionsActivities({ dataSource }), ...createPlacementActivities({ dataSource, publicUrl }), ...createRulesActivities(rules),
  };
  return [
    { taskQueue: BILLING_QUEUE, activities: { ...billing, ...reconcile, ...createLedgerActivities({ stripe, dataSource, logger }) }, concurrency: 20 },
    { taskQueue: NOTIFY_QUEUE, activities: createNotifyActivities({ dataSource, transport: createTransport(environment.SMTP_URL), from: environment.MAIL_FROM, publicUrl, catalogue, logger, phones }), concurrency: 10 },
    { taskQueue: PROJECTIONS_QUEUE, activities: projections, concurrency: 40 },
    ...[...hosts].map(([hostId, host]) => ({
      taskQueue: dockerQueue(hostId),
      activities: createDockerActivities({ host, dataSource, vault, catalogue, models, storageDir: environment.STORAGE_DIR, logger, refuseIfPaid: refuseIfPaid(billing) }),
      concurrency: 20,
    })),
  ];
}

/** The look within a harmful call (lifecycle.md rule 4). */
const refuseIfPaid = ({ fetchBillingFacts }: BillingPort) => async (customerId: string): Promise<void> => {
  if (isPaidUp(await fetchBillingFacts({ customerId }))) throw ApplicationFailure.nonRetryable('The customer owes nothing.', 'PAID_MEANWHILE');
};

/** Connections to the hosts that this worker serves: `DOCKER_HOST_IDS`, or every host on record. */
export async function connectHosts(dataSource: DataSource, hostIds: readonly string[]): Promise<Map<string, DockerHost>> {
  const rows = await dataSource.query('SELECT id, docker_url FROM host WHERE cardinality($1::text[]) = 0 OR id = ANY($1)', [hostIds]) as { id: string; docker_url: string }[];
  return new Map(rows.map((row) => [row.id, new DockerHost({ hostId: row.id, connection: parseDockerHost(row.docker_url) })]));
}
