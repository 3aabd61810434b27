import { copy, type Doc } from '../engine/doc.js';
import { invalid, StripeFault } from '../engine/errors.js';
import { mergeMetadata } from '../engine/params.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { boundary } from './calendar.js';
import { cancelSubscription, setScheduleEnd } from './cancel.js';
import { redeem, running } from './discounts.js';
import { intervalOf, itemPrice } from './items.js';
import { updateSubscription } from './update.js';

const phaseUnsupported = ['add_invoice_items', 'application_fee_percent', 'automatic_tax', 'billing_thresholds', 'collection_method', 'default_tax_rates', 'invoice_settings', 'on_behalf_of', 'transfer_data', 'trial'];

/** The subscription a live schedule manages. */
export function managed(world: World, schedule: Row): Row | undefined {
  return world.get('subscription', schedule.doc['subscription'] as string | null);
}

function phaseDoc(fields: Doc): Doc {
  return {
    add_invoice_items: [], application_fee_percent: null, billing_cycle_anchor: null, billing_thresholds: null, collection_method: null, default_payment_method: null, default_tax_rates: [],
    description: null, discounts: [], invoice_settings: null, metadata: {}, on_behalf_of: null, proration_behavior: 'create_prorations', transfer_data: null, trial_end: null, ...fields,
  };
}

const phaseItem = (price: Doc, quantity: number, metadata: Doc): Doc => ({ billing_thresholds: null, discounts: [], metadata, plan: price['id'] as string, price: price['id'] as string, quantity, tax_rates: [] });

/** Puts a subscription under a schedule of one phase: what it has now, until its period (or its cancellation date) is over. */
export function scheduleFrom(world: World, subscription: Row): Row {
  const doc = subscription.doc;
  if (doc['schedule'] !== null) throw invalid('You cannot migrate a subscription that is already attached to a schedule.', 'from_subscription');
  if (['canceled', 'incomplete', 'incomplete_expired', 'paused'].includes(doc['status'] as string)) throw invalid(`You cannot migrate a subscription with the status \`${String(doc['status'])}\` to a schedule.`, 'from_subscription');
  if (doc['pending_update'] !== null) throw invalid('You cannot migrate a subscription with a pending update to a schedule.', 'from_subscription');
  const items = doc['items'].data as Doc[];
  const start = items[0]?.['current_period_start'] as number;
  const cancelAt = doc['cancel_at'] as number | null;
  const end = cancelAt ?? (items[0]?.['current_period_end'] as number);
  const now = world.now(subscription.clock);
  const schedule = world.create(
    'subscription_schedule',
    {
      billing_mode: { flexible: { proration_discounts: 'included' }, type: doc['billing_mode'].type as string },
      created: now,
      current_phase: { end_date: end, start_date: start },
      customer: doc['customer'],
      default_settings: {
        application_fee_percent: null, billing_cycle_anchor: 'automatic', billing_thresholds: null, collection_method: 'charge_automatically', default_payment_method: doc['default_payment_method'], description: null,
        invoice_settings: { account_tax_ids: null, custom_fields: null, days_until_due: null, description: null, footer: null, issuer: { type: 'self' } }, on_behalf_of: null, transfer_data: null,
      },
      end_behavior: cancelAt === null ? 'release' : 'cancel',
      metadata: {},
      phases: [
        phaseDoc({
          currency: doc['currency'] as string,
          discounts: (doc['discounts'] as string[]).map((discount) => ({ coupon: null, discount, promotion_code: null })),
          end_date: end,
          items: items.map((item) => phaseItem(item['price'] as Doc, item['quantity'] as number, copy(item['metadata'] as Doc))),
          start_date: start,
          trial_end: doc['status'] === 'trialing' ? (doc['trial_end'] as number) : null,
        }),
      ],
      status: 'active',
      subscription: subscription.id,
      test_clock: subscription.clock,
    },
    { clock: subscription.clock },
  );
  world.update(subscription, 'customer.subscription.updated', (sub) => void (sub['schedule'] = schedule.id));
  world.emit('subscription_schedule.created', schedule);
  return schedule;
}

function readPhase(world: World, schedule: Row, input: Doc, index: number, start: number): Doc {
  const param = `phases[${index}]`;
  const refused = phaseUnsupported.find((name) => input[name] !== undefined && input[name] !== null && JSON.stringify(input[name]) !== '[]');
  if (refused) throw invalid(`The Stripe emulator does not act on \`${param}[${refused}]\`; real Stripe does.`, `${param}[${refused}]`, undefined, { saved: false });
  const inputs = input['items'] as Doc[];
  if (inputs.length === 0) throw invalid(`Missing required param: ${param}[items].`, `${param}[items]`, 'parameter_missing');
  const prices = inputs.map((item, at) => itemPrice(world, item, `${param}[items][${at}]`));
  const currency = String(schedule.doc['phases'][0].currency);
  if (prices.some((price) => price['currency'] !== currency)) throw invalid('All prices on a subscription schedule must have the same currency.', `${param}[items]`);
  const given = input['start_date'] as number | 'now' | undefined;
  if (index > 0 && typeof given === 'number' && given !== start) throw invalid(`The \`start_date\` of a phase must be the \`end_date\` of the phase before it.`, `${param}[start_date]`);
  const { interval, count } = intervalOf(prices.map((price) => ({ price })));
  const duration = input['duration'] as Doc | undefined;
  if (duration && input['end_date'] !== undefined) throw invalid(`You may only specify one of these parameters: duration, end_date.`, `${param}[duration]`);
  const endDate = input['end_date'] as number | 'now' | undefined;
  const end =
    endDate === 'now' ? world.now(schedule.clock) : (endDate ?? (duration ? boundary(start, duration['interval'] as 'month', (duration['interval_count'] as number | undefined) ?? 1, 1) : boundary(start, interval, count, 1)));
  if (end <= start) throw invalid('The end date of a phase must be after its start date.', `${param}[end_date]`);
  const trialEnd = input['trial_end'] as number | undefined;
  if (trialEnd !== undefined && (index > 0 || trialEnd !== managed(world, schedule)?.doc['trial_end'])) throw invalid('The Stripe emulator starts no trials by a schedule.', `${param}[trial_end]`);
  return phaseDoc({
    billing_cycle_anchor: (input['billing_cycle_anchor'] as string | undefined) ?? null,
    currency,
    default_payment_method: (input['default_payment_method'] as string | undefined) ?? null,
    description: (input['description'] as string | null | undefined) ?? null,
    discounts: ((input['discounts'] as Doc[] | null | undefined) ?? []).map((one) => ({ coupon: (one['coupon'] as string | undefined) ?? null, discount: (one['discount'] as string | undefined) ?? null, promotion_code: (one['promotion_code'] as string | undefined) ?? null })),
    end_date: end,
    items: inputs.map((item, at) => phaseItem(prices[at] as Doc, (item['quantity'] as number | undefined) ?? 1, mergeMetadata({}, item['metadata'] as Doc | undefined))),
    metadata: mergeMetadata({}, input['metadata'] as Doc | undefined),
    proration_behavior: (input['proration_behavior'] as string | undefined) ?? 'create_prorations',
    start_date: start,
    trial_end: trialEnd ?? null,
  });
}

/** Changes a schedule as `subscriptionSchedules.update` does; a change of the running phase takes effect at once. */
export function updateSchedule(world: World, schedule: Row, params: Doc): void {
  requireLive(schedule, 'update');
  const subscription = managed(world, schedule);
  const inputs = params['phases'] as Doc[] | undefined;
  let phases = schedule.doc['phases'] as Doc[];
  if (inputs) {
    if (inputs.length === 0 || inputs.length > 10) throw invalid('A subscription schedule must have between 1 and 10 phases.', 'phases');
    const current = schedule.doc['current_phase'] as { start_date: number };
    const first = inputs[0]?.['start_date'] as number | 'now' | undefined;
    if (first === undefined) throw invalid('The first phase of an active schedule needs the `start_date` of its current phase.', 'phases[0][start_date]', 'parameter_missing');
    if (first !== current.start_date) throw invalid('You can not modify the start date of the current phase.', 'phases[0][start_date]');
    const now = world.now(schedule.clock);
    let start = current.start_date;
    phases = inputs.map((input, index) => {
      const phase = readPhase(world, schedule, input, index, start);
      start = phase['end_date'] as number;
      return phase;
    });
    if ((phases.at(-1)?.['end_date'] as number) <= now) throw invalid('The end date of the last phase must be in the future.', 'phases');
  }
  world.update(schedule, 'subscription_schedule.updated', (doc) => {
    doc['phases'] = phases;
    if (inputs) doc['current_phase'] = { end_date: phases[0]?.['end_date'] as number, start_date: phases[0]?.['start_date'] as number };
    if (params['end_behavior']) doc['end_behavior'] = params['end_behavior'] as string;
    if (params['default_settings']) Object.assign(doc['default_settings'] as Doc, params['default_settings']);
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc | null, params['metadata'] as Doc | null | undefined);
  });
  if (!subscription) return;
  if (inputs && phases[0]) applyItems(world, subscription, phases[0], (params['proration_behavior'] as string | undefined) ?? 'create_prorations');
  keepCancelDate(world, schedule, subscription);
}

/** With `end_behavior: cancel` the subscription says when it will end. */
function keepCancelDate(world: World, schedule: Row, subscription: Row): void {
  const end = schedule.doc['end_behavior'] === 'cancel' ? ((schedule.doc['phases'] as Doc[]).at(-1)?.['end_date'] as number) : null;
  world.update(subscription, 'customer.subscription.updated', (doc) => Object.assign(doc, { cancel_at: end, ...(end === null ? { cancel_at_period_end: false } : {}) }));
}

/** Gives the subscription the items of a phase: equal prices keep their item, the others take the places that are left. */
function applyItems(world: World, subscription: Row, phase: Doc, prorations: string): void {
  const inputs = itemChanges(subscription, phase);
  if (inputs.length > 0) updateSubscription(world, subscription, { items: inputs, proration_behavior: prorations });
}

function itemChanges(subscription: Row, phase: Doc): Doc[] {
  const free = [...(subscription.doc['items'].data as Doc[])];
  const wanted = phase['items'] as Doc[];
  const changes: Doc[] = [];
  const rest: Doc[] = [];
  for (const want of wanted) {
    const at = free.findIndex((item) => item['price'].id === want['price']);
    const [item] = at < 0 ? [] : free.splice(at, 1);
    if (!item) rest.push(want);
    else if (item['quantity'] !== want['quantity']) changes.push({ id: item['id'] as string, quantity: want['quantity'] as number });
  }
  for (const want of rest) {
    const item = free.shift();
    changes.push({ ...(item ? { id: item['id'] as string } : {}), price: want['price'] as string, booked: true, quantity: want['quantity'] as number });
  }
  for (const item of free) changes.push({ id: item['id'] as string, deleted: true });
  return changes;
}

/** The change that a schedule will have made by `at`, as items of an update; undefined when none. For previews of the next invoice. */
export function scheduledItems(world: World, subscription: Row, at: number): Doc[] | undefined {
  const schedule = world.get('subscription_schedule', subscription.doc['schedule'] as string | null);
  const current = schedule?.doc['current_phase'] as { start_date: number } | null | undefined;
  const next = current && (schedule?.doc['phases'] as Doc[]).findLast((phase) => (phase['start_date'] as number) > current.start_date && (phase['start_date'] as number) <= at);
  return next ? itemChanges(subscription, next) : undefined;
}

/** The running phase is over: the next one begins, or the schedule ends as it was told to. */
export function endPhase(world: World, schedule: Row): void {
  const subscription = managed(world, schedule);
  const end = (schedule.doc['current_phase'] as { end_date: number }).end_date;
  const next = (schedule.doc['phases'] as Doc[]).find((phase) => phase['start_date'] === end);
  if (!subscription) return;
  if (!next) {
    if (schedule.doc['end_behavior'] === 'cancel') {
      finish(world, schedule, 'completed');
      cancelSubscription(world, subscription, {});
    } else {
      finish(world, schedule, 'completed');
      detach(world, subscription);
    }
    return;
  }
  applyItems(world, subscription, next, next['proration_behavior'] as string);
  world.update(subscription, 'customer.subscription.updated', (doc) => {
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, next['metadata'] as Doc);
    if (next['default_payment_method'] !== null) doc['default_payment_method'] = next['default_payment_method'] as string;
    if (next['description'] !== null) doc['description'] = next['description'] as string;
    doc['discounts'] = phaseDiscounts(world, subscription, next);
  });
  world.update(schedule, 'subscription_schedule.updated', (doc) => void (doc['current_phase'] = { end_date: next['end_date'] as number, start_date: end }));
}

function phaseDiscounts(world: World, subscription: Row, phase: Doc): string[] {
  const customer = world.needCustomer(subscription.doc['customer'] as string);
  const now = world.now(subscription.clock);
  return (phase['discounts'] as Doc[]).flatMap((one) => {
    // A coupon that was good once may have left the subscription meanwhile.
    if (one['discount'] !== null) return (subscription.doc['discounts'] as string[]).includes(one['discount'] as string) ? running(world, [one['discount'] as string], now).map((row) => row.id) : [];
    try {
      return redeem(world, [one['promotion_code'] === null ? { coupon: one['coupon'] as string } : { promotion_code: one['promotion_code'] as string }], customer, { subscription: subscription.id });
    } catch (error) {
      // A coupon that is used up by the time its phase begins is left out.
      if (error instanceof StripeFault) return [];
      throw error;
    }
  });
}

function requireLive(schedule: Row, doing: string): void {
  const status = schedule.doc['status'] as string;
  if (status !== 'active' && status !== 'not_started') throw invalid(`You cannot ${doing} a subscription schedule that is currently in the \`${status}\` status. It must be in one of these statuses: \`not_started\`, \`active\`.`, undefined, 'resource_invalid_state');
}

function finish(world: World, schedule: Row, how: 'completed' | 'canceled' | 'released', event: string = how): void {
  const now = world.now(schedule.clock);
  world.update(schedule, null, (doc) => Object.assign(doc, { status: how, [`${how}_at`]: now, current_phase: null }));
  world.emit(`subscription_schedule.${event}`, schedule);
}

function detach(world: World, subscription: Row, also: Doc = {}): void {
  world.update(subscription, 'customer.subscription.updated', (doc) => Object.assign(doc, { schedule: null, ...also }));
}

/** Lets the subscription go on as it is, without its schedule. */
export function releaseSchedule(world: World, schedule: Row, preserveCancelDate: boolean): void {
  requireLive(schedule, 'release');
  const subscription = managed(world, schedule);
  world.update(schedule, null, (doc) => Object.assign(doc, { released_subscription: subscription?.id ?? null, subscription: null }));
  finish(world, schedule, 'released');
  if (subscription) detach(world, subscription, preserveCancelDate ? {} : { cancel_at: null, cancel_at_period_end: false });
}

/** Ends a schedule and its subscription now. */
export function cancelSchedule(world: World, schedule: Row, options: { invoiceNow?: boolean; prorate?: boolean }): void {
  requireLive(schedule, 'cancel');
  const subscription = managed(world, schedule);
  finish(world, schedule, 'canceled');
  if (subscription) cancelSubscription(world, subscription, options);
}

// A subscription that ends takes its schedule with it.
setScheduleEnd((world, subscription, reason) => {
  const schedule = world.get('subscription_schedule', subscription.doc['schedule'] as string | null);
  if (!schedule || !['active', 'not_started'].includes(schedule.doc['status'] as string)) return;
  finish(world, schedule, 'canceled', reason === 'payment_failed' ? 'aborted' : 'canceled');
});
