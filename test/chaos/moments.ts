import type pg from 'pg';
import { PROVISION_STEPS, TEARDOWN_STEPS } from '#domain/provisioning/provisioning.types.js';
import type { LifeClient } from '../life/life-client.js';

export const PHASES = ['checkout', 'provisioning', 'teardown'] as const;
export type Phase = (typeof PHASES)[number];

/** Who is watched. */
export interface Watched { readonly person: LifeClient; readonly pool: pg.Pool }

/** A moment of a life with a name: it has come, or not yet. Nothing here asks our own API. */
export interface Moment { readonly phase: Phase; readonly name: string; hasCome(watched: Watched): Promise<boolean> }

const OF_CUSTOMER = `SELECT 1 FROM customer c JOIN member m ON m.customer_id = c.id JOIN "user" u ON u.id = m.user_id`;

const bySql = (phase: Phase, name: string, join: string, parameters: readonly unknown[] = []): Moment => ({
  phase, name,
  hasCome: async ({ pool, person }) => (await pool.query(`${OF_CUSTOMER} ${join}${/\bWHERE\b/.test(join) ? ' AND' : ' WHERE'} u.email = $1 LIMIT 1`, [person.email, ...parameters])).rows.length > 0,
});

/** As soon as the request is on its way; the answer is not there yet. */
const asSent = (phase: Phase, request: string): Moment => ({ phase, name: `${request} is under way`, hasCome: ({ person }) => Promise.resolve([...person.browser.sent].some((sent) => sent.startsWith(request))) });

const step = (phase: Phase, kind: 'provision' | 'teardown', name: string): Moment =>
  bySql(phase, `step ${name} has begun`, `JOIN instance i ON i.customer_id = c.id JOIN instance_step s ON s.instance_id = i.id WHERE s.kind = $2 AND s.step = $3 AND s.state <> 'waiting'`, [kind, name]);

const eventIs = (type: string): string => `WHERE EXISTS (SELECT 1 FROM stripe_event e WHERE e.stripe_customer_id = c.stripe_customer_id AND e.type = '${type}')`;

/** Moments of a life that is bought, lived and taken back; each comes in every such life. */
export const MOMENTS: readonly Moment[] = [
  asSent('checkout', 'POST /api/auth/sign-up/email'),
  bySql('checkout', 'the account is written', ''),
  asSent('checkout', 'GET /api/auth/verify-email'),
  asSent('checkout', 'POST /api/v1/provider-keys'),
  asSent('checkout', 'POST /api/v1/instances'),
  bySql('checkout', 'the assistant is wished and its slot held', `JOIN slot_reservation r ON r.customer_id = c.id`),
  asSent('checkout', 'POST /api/v1/checkout'),
  bySql('checkout', 'the Stripe customer is known', `WHERE c.stripe_customer_id IS NOT NULL`),
  bySql('checkout', 'the checkout session is open', `JOIN checkout k ON k.customer_id = c.id`),

  bySql('provisioning', 'the webhook of the subscription has come', eventIs('customer.subscription.created')),
  bySql('provisioning', 'the customer is served', `WHERE c.stage IN ('trialing', 'active')`),
  ...PROVISION_STEPS.map((name) => step('provisioning', 'provision', name)),

  bySql('teardown', 'the assistant is to be removed', `JOIN instance i ON i.customer_id = c.id WHERE i.desired_state = 'removed'`),
  ...TEARDOWN_STEPS.map((name) => step('teardown', 'teardown', name)),
];
