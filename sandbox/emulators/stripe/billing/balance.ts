import { mergeMetadata } from '../engine/params.js';
import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';

/** Why the customer's balance moved, in Stripe's words. */
export interface BalanceMove {
  type: 'adjustment' | 'applied_to_invoice' | 'credit_note' | 'initial' | 'invoice_overpaid' | 'invoice_too_small' | 'unapplied_from_invoice';
  currency: string;
  invoice?: string;
  creditNote?: string;
  description?: string | null;
  metadata?: Doc | null;
}

/** Moves a customer's balance by `amount` cents: negative is credit for the customer, positive is owed with the next invoice. */
export function moveBalance(world: World, customer: Row, amount: number, why: BalanceMove): Row {
  const ending = (customer.doc['balance'] as number) + amount;
  const row = world.create(
    'customer_balance_transaction',
    {
      amount,
      created: world.now(customer.clock),
      credit_note: why.creditNote ?? null,
      currency: why.currency,
      customer: customer.id,
      description: why.description ?? null,
      ending_balance: ending,
      invoice: why.invoice ?? null,
      metadata: mergeMetadata({}, why.metadata),
      type: why.type,
    },
    { clock: customer.clock },
  );
  world.update(customer, 'customer.updated', (doc) => {
    doc['balance'] = ending;
    doc['currency'] ??= why.currency;
  });
  return row;
}
