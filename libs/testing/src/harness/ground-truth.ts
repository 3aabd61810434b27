import { readdirSync } from 'node:fs';
import type pg from 'pg';

interface DockerThing { readonly name: string; readonly labels: Record<string, string> | null; readonly processAlive?: boolean; readonly state?: { Status: string } }
interface DockerState { readonly containers: DockerThing[]; readonly networks: DockerThing[]; readonly volumes: DockerThing[] }
interface LedgerMovement { readonly id: string; readonly amount: number; readonly status: string }

/** All that exists of one instance and its customer, read past our own code: the engine's list, SQL, the vendor's ledger, the outbox. */
export interface GroundTruth {
  readonly status: string;
  readonly statusReason: string | null;
  /** `container ck-…`, `network …`, `volume …`; one-off helpers are containers too. */
  readonly docker: readonly string[];
  readonly runningContainers: number;
  /** `slot`, `port`, `route`, `live gateway token`, `secret agent_token`, `host`, `url`. */
  readonly rows: readonly string[];
  /** Half-written files of any export. */
  readonly partials: readonly string[];
  readonly chargedCents: number;
  readonly charges: number;
  readonly refundedCents: number;
  readonly stripeCustomers: number;
  readonly liveSubscriptions: number;
  readonly openCheckouts: number;
  /** Subject → how many mails of it the owner got. */
  readonly mails: Readonly<Record<string, number>>;
  readonly notices: Readonly<Record<string, string>>;
  readonly exports: number;
}

export interface TruthSources {
  readonly pool: pg.Pool;
  readonly dockerUrl: string;
  readonly stripeUrl: string;
  readonly mailUrl: string;
  readonly storageDir: string;
}

/** Reads the truth about one instance. Throws where a source does not answer: not to know is no clean slate. */
export async function readGroundTruth(sources: TruthSources, who: { customerId: string; instanceId: string; email: string }): Promise<GroundTruth> {
  const { pool } = sources;
  const { customerId, instanceId, email } = who;
  const rows = async <T extends object>(sql: string, parameters: unknown[]): Promise<T[]> => (await pool.query<T>(sql, parameters)).rows;
  const [docker, instances, stripe] = await Promise.all([
    json<DockerState>(`${sources.dockerUrl}/_emulator/state`),
    rows<{ status: string; status_reason: string | null; host_id: string | null; url: string | null; stripe_customer_id: string | null }>(
      'SELECT i.status, i.status_reason, i.host_id, i.url, c.stripe_customer_id FROM instance i JOIN customer c ON c.id = i.customer_id WHERE i.id = $1', [instanceId]),
    rows<{ what: string }>(
      `SELECT 'slot' AS what FROM slot_reservation WHERE instance_id = $1
       UNION ALL SELECT 'port' FROM host_port WHERE instance_id = $1
       UNION ALL SELECT 'route' FROM route WHERE instance_id = $1
       UNION ALL SELECT 'live gateway token' FROM gateway_token WHERE instance_id = $1 AND revoked_at IS NULL
       UNION ALL SELECT 'secret ' || kind FROM secret WHERE subject = $1::text ORDER BY what`, [instanceId]),
  ]);
  const instance = instances[0];
  if (instance === undefined) throw new Error(`There is no instance ${instanceId}`);
  const ours = (things: DockerThing[]): DockerThing[] => things.filter(({ labels, name }) => labels?.['clawkeep.instance'] === instanceId || name.includes(instanceId));
  const containers = ours(docker.containers);
  const stripeId = instance.stripe_customer_id;
  const [ledger, state, mails, notices, exports] = await Promise.all([
    stripeId === null ? { charges: [], refunds: [] } : json<{ charges: LedgerMovement[]; refunds: LedgerMovement[] }>(`${sources.stripeUrl}/_emulator/ledger?customer=${stripeId}`),
    json<{ subscriptions: { customer: string; status: string }[]; customers: { metadata: Record<string, string> }[] }>(`${sources.stripeUrl}/_emulator/state`),
    json<{ subject: string; to: string }[]>(`${sources.mailUrl}/mails?to=${encodeURIComponent(email)}`),
    rows<{ key: string; kind: string; state: string }>('SELECT key, kind, state FROM notice WHERE customer_id = $1', [customerId]),
    rows<{ id: string }>('SELECT id FROM export WHERE instance_id = $1', [instanceId]),
  ]);
  const open = await rows<{ id: string }>(`SELECT id FROM checkout WHERE customer_id = $1 AND status = 'open'`, [customerId]);
  const charges = ledger.charges.filter(({ status }) => status === 'succeeded');
  const sum = (movements: LedgerMovement[]): number => movements.reduce((total, { amount }) => total + amount, 0);
  return {
    status: instance.status,
    statusReason: instance.status_reason,
    docker: [
      ...containers.map(({ name }) => `container ${name.replace(/^\//, '')}`),
      ...ours(docker.networks).map(({ name }) => `network ${name}`), ...ours(docker.volumes).map(({ name }) => `volume ${name}`),
    ],
    runningContainers: containers.filter(({ processAlive }) => processAlive === true).length,
    rows: [...stripe.map(({ what }) => what), ...(instance.host_id === null ? [] : ['host']), ...(instance.url === null ? [] : ['url'])],
    partials: partials(sources.storageDir),
    charges: charges.length,
    chargedCents: sum(charges),
    refundedCents: sum(ledger.refunds.filter(({ status }) => status === 'succeeded' || status === 'pending')),
    stripeCustomers: state.customers.filter(({ metadata }) => metadata['customerId'] === customerId).length,
    liveSubscriptions: state.subscriptions.filter(({ customer, status }) => customer === stripeId && !['canceled', 'incomplete_expired'].includes(status)).length,
    openCheckouts: open.length,
    mails: count(mails.map(({ subject }) => subject)),
    notices: Object.fromEntries(notices.map(({ kind, key, state: sent }) => [`${kind} ${key}`, sent])),
    exports: exports.length,
  };
}

async function json<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return await response.json() as T;
}

function partials(storageDir: string): string[] {
  try {
    return readdirSync(storageDir).filter((name) => !name.endsWith('.tar'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function count(names: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const name of names) counted[name] = (counted[name] ?? 0) + 1;
  return counted;
}
