import Dockerode from 'dockerode';
import type { Stack } from '../../stack/start-stack.js';
import type { TestStack } from './test-stack.js';

/** Docker's label on everything of ours (docker-names.ts); written out here, so that the oracle does not ask the code that it judges. */
const OURS = { label: ['clawkeep.platform=clawkeep'] };

export interface Movement { readonly id: string; readonly customer: string; readonly amount: number; readonly amountRefunded?: number; readonly status: string }
export interface Ledger { readonly charges: readonly Movement[]; readonly refunds: readonly Movement[]; readonly totals: { chargedCents: number; refundedCents: number; netCents: number } }

/** The engine's own client. */
export function dockerOf(stack: Stack): Dockerode {
  const { hostname, port } = new URL(stack.urls.docker);
  return new Dockerode({ protocol: 'http', host: hostname, port: Number(port) });
}

/** Names of all that the Docker Engine API lists under our label. */
export async function dockerThings(stack: Stack): Promise<string[]> {
  const docker = dockerOf(stack);
  const filters = JSON.stringify(OURS);
  const [containers, networks, volumes] = await Promise.all([docker.listContainers({ all: true, filters }), docker.listNetworks({ filters }), docker.listVolumes({ filters })]);
  return [
    ...containers.map(({ Names, State }) => `container ${Names[0]?.slice(1) ?? '?'} (${State})`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(volumes.Volumes as typeof volumes.Volumes | null ?? []).map(({ Name }) => `volume ${Name}`),
  ].sort();
}

/** Every movement of money that Stripe (its emulator) knows. */
export async function ledgerOf(stack: Stack, stripeCustomerId?: string): Promise<Ledger> {
  const response = await fetch(`${stack.urls.stripe}/_emulator/ledger${stripeCustomerId === undefined ? '' : `?customer=${stripeCustomerId}`}`);
  if (!response.ok) throw new Error(`The ledger answered ${response.status}`);
  return await response.json() as Ledger;
}

/** What is left of anybody in the whole world, by Docker's list and by SQL; empty = a clean slate. Throws where a source does not answer. */
export async function leftovers({ stack, pool }: Pick<TestStack, 'stack' | 'pool'>): Promise<string[]> {
  const { rows } = await pool.query<{ what: string; count: number }>(
    `SELECT 'slot_reservation' AS what, count(*)::int AS count FROM slot_reservation
     UNION ALL SELECT 'host_port', count(*)::int FROM host_port
     UNION ALL SELECT 'route', count(*)::int FROM route
     UNION ALL SELECT 'live gateway token', count(*)::int FROM gateway_token WHERE revoked_at IS NULL
     UNION ALL SELECT 'agent and gateway secrets', count(*)::int FROM secret WHERE kind <> 'provider_key'
     UNION ALL SELECT 'host.used_slots', COALESCE(sum(used_slots), 0)::int FROM host
     UNION ALL SELECT 'outbox', count(*)::int FROM outbox`);
  return [...await dockerThings(stack), ...rows.filter(({ count }) => count !== 0).map(({ what, count }) => `${what}: ${count}`)];
}
