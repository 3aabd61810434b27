import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { createBankMethod, readBank } from '../payments/banks.js';
import { cardOf } from '../payments/cards.js';
import { declineCodes, declineOf } from '../payments/declines.js';
import { attachQuietly, createCardMethod, readCard } from '../resources/payment-methods.js';
import { Refusal, requireText } from './refusal.js';

const slots = ['subscription', 'customer', 'both'];
/** Stripe's number for "incorrect number": no page takes it, but a bank may answer so later. */
const incorrectNumber = '4242424242424241';

/**
 * A new card in a slot: as default of the customer, of every live subscription, or (without `slot`) of both. Also cards that Stripe
 * would not attach, so that a later renewal fails. `decline` makes a good card fail with that code; `account` takes a test bank account instead. Answers the payment method's id.
 */
export function setCard(world: World, customer: Row, body: Doc): Doc {
  const slot = (body['slot'] as string | undefined) ?? 'both';
  if (!slots.includes(slot)) throw new Refusal(400, 'UNKNOWN_SLOT', `slot must be one of ${slots.join(', ')}.`);
  if (body['account'] !== undefined) return place(world, customer, createBankMethod(world, readBank(requireText(body, 'account'), 'account'), { name: (customer.doc['name'] as string | null) ?? 'Test' }), slot);
  const number = requireText(body, 'card').replaceAll(/[\s-]/g, '');
  const wrong = number === incorrectNumber;
  const method = createCardMethod(world, wrong ? (cardOf('4242424242424242') ?? readCard(number, 'card')) : readCard(number, 'card'));
  method.hidden['authenticated'] = true;
  const code = wrong ? 'incorrect_number' : body['decline'] === undefined ? undefined : requireText(body, 'decline');
  if (code !== undefined) order(world, method, code, undefined);
  return place(world, customer, method, slot);
}

function place(world: World, customer: Row, method: Row, slot: string): Doc {
  attachQuietly(world, method, customer);
  if (slot !== 'subscription') world.update(customer, 'customer.updated', (doc) => void (doc['invoice_settings'].default_payment_method = method.id));
  if (slot !== 'customer') {
    for (const subscription of world.store.by('subscription', 'customer', customer.id)) {
      if (['canceled', 'incomplete_expired'].includes(subscription.doc['status'] as string)) continue;
      world.update(subscription, 'customer.subscription.updated', (doc) => void (doc['default_payment_method'] = method.id));
    }
  }
  return { paymentMethod: method.id, slot };
}

/** The customer's bank changes its mind about the cards on file: `code` refuses them (for `times` attempts, or until it is null). */
export function orderDecline(world: World, customer: Row, body: Doc): Doc {
  const methods = world.store.by('payment_method', 'customer', customer.id);
  const code = body['code'] as string | null | undefined;
  if (code === undefined) throw new Refusal(400, 'MISSING_FIELD', '`code` must be a decline code, or null to pay again.');
  const times = body['times'] as number | undefined;
  if (times !== undefined && (!Number.isInteger(times) || times < 1)) throw new Refusal(400, 'BAD_TIMES', '`times` must be a whole number of at least 1.');
  for (const method of methods) order(world, method, code, times);
  return { paymentMethods: methods.map((method) => method.id), code };
}

function order(world: World, method: Row, code: string | null, times: number | undefined): void {
  if (code !== null && !declineOf(code)) throw new Refusal(400, 'UNKNOWN_DECLINE', `Unknown decline code. Known: ${declineCodes.join(', ')}.`);
  Object.assign(world.store.edit(method).hidden, { decline: code ?? undefined, declineTimes: code === null ? undefined : times });
}
