import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';

/** Stripe's standard US card fee: 2.9 % + 30 ¢. */
export function feeCents(amount: number): number {
  return Math.round(amount * 0.029) + 30;
}

/** Books one movement of money. `fee` is 0 for refunds: Stripe keeps the charge's fee. */
export function book(world: World, movement: { type: string; category: string; amount: number; currency: string; source: string; fee?: number; description?: string | null }): Row {
  const fee = movement.fee ?? 0;
  const now = world.wall();
  return world.create(
    'balance_transaction',
    {
      amount: movement.amount,
      available_on: now + 2 * 86_400,
      balance_type: 'payments',
      created: now,
      currency: movement.currency,
      description: movement.description ?? null,
      exchange_rate: null,
      fee,
      fee_details: fee === 0 ? [] : [{ amount: fee, application: null, currency: movement.currency, description: 'Stripe processing fees', type: 'stripe_fee' }],
      net: movement.amount - fee,
      reporting_category: movement.category,
      source: movement.source,
      status: 'pending',
      type: movement.type,
    },
    { hidden: { idempotencyKey: world.origin.idempotencyKey, requestId: world.origin.requestId } },
  );
}

/** Every movement of money, oldest first: what tests hold Clawkeep's own books against. `customer` narrows it. */
export function ledger(world: World, customer?: string): Doc {
  const of = (kind: string): Row[] => (customer === undefined ? world.store.all(kind) : world.store.by(kind, 'customer', customer));
  const charges = of('charge').map((row) => ({
    id: row.id, customer: row.doc['customer'], amount: row.doc['amount'], amountRefunded: row.doc['amount_refunded'], currency: row.doc['currency'], status: row.doc['status'],
    failureCode: row.doc['failure_code'], paymentIntent: row.doc['payment_intent'], invoice: row.hidden['invoice'] ?? null, subscription: row.hidden['subscription'] ?? null,
    metadata: row.doc['metadata'], idempotencyKey: row.hidden['idempotencyKey'] ?? null, requestId: row.hidden['requestId'] ?? null, created: row.doc['created'], clockTime: row.hidden['clockTime'] ?? null,
  }));
  const refunds = of('refund')
    .map((row) => ({
      id: row.id, customer: row.hidden['customer'], amount: row.doc['amount'], currency: row.doc['currency'], status: row.doc['status'], charge: row.doc['charge'],
      paymentIntent: row.doc['payment_intent'], reason: row.doc['reason'], metadata: row.doc['metadata'], idempotencyKey: row.hidden['idempotencyKey'] ?? null, requestId: row.hidden['requestId'] ?? null, created: row.doc['created'],
    }));
  const disputes = customer === undefined ? [] : charges.flatMap((charge) => world.store.by('dispute', 'charge', charge.id));
  const sources = [...charges, ...refunds, ...disputes].map((item) => item.id);
  const transactions = (customer === undefined ? world.store.all('balance_transaction') : sources.flatMap((id) => world.store.by('balance_transaction', 'source', id))).map((row) => row.doc);
  const paid = charges.filter((charge) => charge.status === 'succeeded').reduce((sum, charge) => sum + Number(charge.amount), 0);
  const returned = refunds.filter((refund) => ['succeeded', 'pending'].includes(String(refund.status))).reduce((sum, refund) => sum + Number(refund.amount), 0);
  return { charges, refunds, balanceTransactions: transactions, totals: { chargedCents: paid, refundedCents: returned, netCents: paid - returned } };
}
