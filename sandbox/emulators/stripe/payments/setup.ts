import { copy, type Doc } from '../engine/doc.js';
import { cardError, type StripeFault } from '../engine/errors.js';
import { randomText } from '../engine/ids.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { attachQuietly, behaviour } from '../resources/payment-methods.js';
import { declineFields } from './pay.js';

/** Makes a SetupIntent. */
export function createSetupIntent(world: World, doc: Doc, clock: string | null, hidden: Doc = {}): Row {
  const row = world.create(
    'setup_intent',
    {
      allowed_payment_method_types: null,
      automatic_payment_methods: null,
      created: world.wall(),
      metadata: {},
      payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' } },
      payment_method_types: ['card'],
      status: 'requires_payment_method',
      usage: 'off_session',
      ...doc,
    },
    { clock, hidden },
  );
  row.doc['client_secret'] = `${row.id}_secret_${randomText(25)}`;
  world.emit('setup_intent.created', row);
  return row;
}

/** Sets a card up for later. Cards that ask the bank need `authenticated`; cards that refuse everything throw. */
export function confirmSetup(world: World, intent: Row, method: Row, authenticated = false): 'succeeded' | 'requires_action' {
  if (method.doc['type'] !== 'card') return keep(world, intent, method);
  const card = behaviour(method);
  if (card.authentication && !authenticated) {
    world.update(intent, null, (doc) => {
      Object.assign(doc, { status: 'requires_action', payment_method: method.id, last_setup_error: null });
      doc['next_action'] = { type: 'redirect_to_url', redirect_to_url: { return_url: (intent.hidden['returnUrl'] as string | undefined) ?? null, url: `${world.baseUrl}/3ds/${intent.id}` } };
    });
    world.emit('setup_intent.requires_action', intent);
    return 'requires_action';
  }
  if (card.charge && !card.attaches) throw setupRefused(world, intent, method);
  if (authenticated) world.store.edit(method).hidden['authenticated'] = true;
  return keep(world, intent, method);
}

function keep(world: World, intent: Row, method: Row): 'succeeded' {
  const customer = world.get('customer', intent.doc['customer'] as string | null);
  if (customer && method.doc['customer'] === null) attachQuietly(world, method, customer);
  world.update(intent, null, (doc) => Object.assign(doc, { status: 'succeeded', payment_method: method.id, next_action: null, last_setup_error: null }));
  world.emit('setup_intent.succeeded', intent);
  return 'succeeded';
}

function setupRefused(world: World, intent: Row, method: Row): StripeFault {
  const why = behaviour(method).charge;
  const fields = why ? declineFields(why) : {};
  world.update(intent, null, (doc) => {
    Object.assign(doc, { status: 'requires_payment_method', payment_method: null, next_action: null, last_setup_error: { ...fields, payment_method: copy(method.doc), type: 'card_error' } });
  });
  world.emit('setup_intent.setup_failed', intent);
  return cardError({ ...fields, setup_intent: copy(intent.doc) });
}
