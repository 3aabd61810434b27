import type { EntityManager } from 'typeorm';
import type { InstanceWished, StripeChanged } from '#workflows/contracts/customer-lifecycle.js';

/** A message to `customer/<id>`, written with the change that caused it. */
export type OutboxMessage =
  | { readonly topic: 'instanceWished'; readonly payload: InstanceWished }
  | { readonly topic: 'stripeChanged'; readonly payload: StripeChanged };

/** Puts a message into the outbox, in the caller's transaction. */
export async function putIntoOutbox(manager: EntityManager, customerId: string, { topic, payload }: OutboxMessage): Promise<void> {
  await manager.query('INSERT INTO outbox (topic, customer_id, payload) VALUES ($1, $2, $3)', [topic, customerId, JSON.stringify(payload)]);
}
