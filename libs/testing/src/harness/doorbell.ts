import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import Stripe from 'stripe';
import { ringsTheBell } from '#domain/lifecycle/doorbells.js';
import { readStripeEvent, storeStripeEvents, withoutNul } from '#database/stripe-events/stripe-event-row.js';
import { CUSTOMER_LIFECYCLE, stripeChangedSignal, type StripeChanged } from '#workflows/contracts/customer-lifecycle.js';
import { LIFECYCLE_QUEUE } from '#workflows/contracts/queues.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';

export interface Doorbell {
  /** Where Stripe posts its events. */
  readonly url: string;
  /** The endpoint's signing secret, known once it is registered. */
  secret: string;
  close(): Promise<void>;
}

/**
 * The part of the API that Stripe sees, and the outbox behind it, in one: checks the signature on the raw bytes, stores the event once,
 * rings at `customer/<id>`. For harnesses without the API.
 */
export async function startDoorbell(pool: pg.Pool, client: Client): Promise<Doorbell> {
  const server = createServer((request, response) => {
    buffer(request)
      .then((raw) => receive(pool, client, Stripe.webhooks.constructEvent(raw, String(request.headers['stripe-signature']), doorbell.secret)))
      .then(() => response.writeHead(200).end('{}'), (error: unknown) => response.writeHead(error instanceof Stripe.errors.StripeSignatureVerificationError ? 400 : 503).end());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const doorbell: Doorbell = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    secret: '',
    close: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
  };
  return doorbell;
}

async function receive(pool: pg.Pool, client: Client, event: Stripe.Event): Promise<void> {
  const payload = withoutNul(JSON.stringify(event));
  const read = readStripeEvent(JSON.parse(payload));
  if (read === null) throw new Error('No event of Stripe came');
  const { text, values } = storeStripeEvents([{ event: read, payload, rings: ringsTheBell(read.type) }]);
  await pool.query(text, values);
  // As the API's dispatcher does: the row goes once the signal is taken.
  const { rows } = await pool.query<{ id: string; customer_id: string; payload: StripeChanged }>(`SELECT id, customer_id, payload FROM outbox WHERE topic = 'stripeChanged' AND payload->>'eventId' = $1`, [event.id]);
  for (const row of rows) {
    await client.workflow.signalWithStart(CUSTOMER_LIFECYCLE, {
      workflowId: customerWorkflowId(row.customer_id), taskQueue: LIFECYCLE_QUEUE, args: [{ customerId: row.customer_id }], signal: stripeChangedSignal, signalArgs: [row.payload],
    });
    await pool.query('DELETE FROM outbox WHERE id = $1', [row.id]);
  }
}
