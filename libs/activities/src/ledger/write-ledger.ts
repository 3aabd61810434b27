import type { EntityManager } from 'typeorm';
import { appendLedger } from '#database/ledger/append-ledger.js';
import type { BillingFacts } from '#domain/lifecycle/lifecycle.types.js';
import type { StripeSnapshot } from '../stripe/snapshot.js';
import { planFacts } from './plan-facts.js';
import { stripeFacts } from './stripe-facts.js';
import type { CustomerMoney } from './stripe-money.js';

/** Puts all that Stripe showed of a customer into the ledger, each fact once. Last in the transaction that holds the customer's row. */
export async function writeStripeLedger(manager: EntityManager, customerId: string, snapshot: StripeSnapshot, money: CustomerMoney, billing: BillingFacts): Promise<void> {
  const plans = await planFacts(manager, customerId, snapshot, billing.customerNowMs);
  await appendLedger(manager, [...stripeFacts({ customerId, snapshot, money, billing }), ...plans]);
}
