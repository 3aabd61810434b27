import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import Stripe from 'stripe';
import { CUSTOMER_LIFECYCLE, stripeChangedSignal } from '#workflows/contracts/customer-lifecycle.js';
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
  const object = event.data.object as { id?: string; object: string; customer?: string | { id: string } | null };
  const customer = object.object === 'customer' ? object.id : typeof object.customer === 'string' ? object.customer : object.customer?.id;
  await pool.query(
    `INSERT INTO stripe_event (id, type, api_version, livemode, created, object_id, stripe_customer_id, payload)
     VALUES ($1, $2, $3, $4, to_timestamp($5), $6, $7, $8) ON CONFLICT DO NOTHING`,
    [event.id, event.type, event.api_version, event.livemode, event.created, object.id ?? null, customer ?? null, JSON.stringify(event)],
  );
  const column = object.object === 'test_helpers.test_clock' ? 'test_clock_id' : 'stripe_customer_id';
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM customer WHERE ${column} = $1`, [column === 'test_clock_id' ? object.id : customer]);
  for (const { id } of rows) {
    await client.workflow.signalWithStart(CUSTOMER_LIFECYCLE, {
      workflowId: customerWorkflowId(id), taskQueue: LIFECYCLE_QUEUE, args: [{ customerId: id }],
      signal: stripeChangedSignal, signalArgs: [{ eventId: event.id, type: event.type, objectId: object.id ?? null }],
    });
  }
}
