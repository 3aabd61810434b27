import type { Stage } from '#domain/lifecycle/lifecycle.types.js';

type Slot = 'subscription' | 'customer' | 'both';
/** One step: what a person, a bank or the clock does. Days are the customer's own. */
export type StoryStep = { readonly says: string } & (
  | { readonly act: 'card'; readonly card: string; readonly slot?: Slot; readonly decline?: string }
  | { readonly act: 'account'; readonly account: string }
  | { readonly act: 'charge' }
  | { readonly act: 'days'; readonly days: number }
  /** Until the customer is in this stage, or has nothing more to lose: no subscription and no case. */
  | { readonly act: 'until'; readonly stage: Stage; readonly withinDays: number }
  | { readonly act: 'payInvoice'; readonly card: string }
  | { readonly act: 'dispute'; readonly reason: string }
  | { readonly act: 'closeDispute'; readonly status: 'won' | 'lost' }
  | { readonly act: 'pause' }
);
export interface Story { readonly title: string; readonly about: string; readonly steps: readonly StoryStep[] }

/** Test cards and accounts by what they do (docs.stripe.com/testing). */
const GOOD = '4242424242424242';
const STOLEN = '4000000000009979';
const US_ACCOUNT = '000123456789';
const US_ACCOUNT_EMPTY = '000222222227';

/** A good card without money behind it: its bank may change its mind. */
const failing = (slot: Slot = 'both'): StoryStep => ({ act: 'card', card: GOOD, slot, decline: 'insufficient_funds', says: 'the bank will refuse the card on file' });
const charge: StoryStep = { act: 'charge', says: 'time goes by to the next charge' };
const days = (count: number): StoryStep => ({ act: 'days', days: count, says: `${count} days go by` });

/** The ready-made stories, by name: each begins with a customer whose paid plan (or its trial) is in order. */
export const STORIES: Readonly<Record<string, Story>> = {
  'pays-late': {
    title: 'Pays late', about: 'The renewal fails; the invoice is paid by hand on day 9, within grace.',
    steps: [failing(), charge, days(9), { act: 'payInvoice', card: GOOD, says: 'pays on the invoice’s own page' }, { act: 'card', card: GOOD, says: 'leaves a good card for the next time' }, days(1)],
  },
  'never-pays': {
    title: 'Never pays', about: 'Every attempt fails and nobody acts: retrying, grace, downgraded, and the end (Free, where the plan leads there).',
    steps: [failing(), charge, { act: 'until', stage: 'torn_down', withinDays: 62, says: 'nobody pays and nobody answers' }],
  },
  'new-card': {
    title: 'New card on day 9', about: 'The renewal fails; on day 9 a good card is put on the subscription, and is charged at once.',
    steps: [failing(), charge, days(9), { act: 'card', card: GOOD, slot: 'subscription', says: 'a good card on the subscription' }, days(1)],
  },
  'new-card-wrong-slot': {
    title: 'New card on day 9, wrong slot', about: 'The failing card sits on the subscription, the new one goes to the customer, as Stripe’s portal does it.',
    steps: [failing('subscription'), charge, days(9), { act: 'card', card: GOOD, slot: 'customer', says: 'a good card on the customer, not on the subscription' }, days(1)],
  },
  'dispute-open': {
    title: 'Disputes', about: 'A charge is disputed and not decided yet: the service is held as it is.',
    steps: [charge, days(2), { act: 'dispute', reason: 'fraudulent', says: 'the bank opens a dispute' }],
  },
  'dispute-won': {
    title: 'Disputes, we win', about: 'A charge is disputed: nothing is taken away meanwhile; the bank decides for us.',
    steps: [charge, days(2), { act: 'dispute', reason: 'fraudulent', says: 'the bank opens a dispute' }, days(5), { act: 'closeDispute', status: 'won', says: 'the bank decides for us' }, days(1)],
  },
  'dispute-lost': {
    title: 'Disputes, we lose', about: 'A charge is disputed and the money goes back.',
    steps: [charge, days(2), { act: 'dispute', reason: 'fraudulent', says: 'the bank opens a dispute' }, days(5), { act: 'closeDispute', status: 'lost', says: 'the bank decides for the customer' }, days(4)],
  },
  'stolen-card': {
    title: 'Stolen card', about: 'A decline that no retry can mend: no attempt is made until the card changes.',
    steps: [{ act: 'card', card: STOLEN, says: 'the card was reported stolen' }, charge, days(4), { act: 'card', card: GOOD, says: 'a new card' }, days(1)],
  },
  'bank-debit': {
    title: 'Pays by bank debit', about: 'The money is on its way for days: neither paid nor failed, and nothing happens to the customer.',
    steps: [{ act: 'account', account: US_ACCOUNT, says: 'a bank account instead of the card' }, charge, days(8)],
  },
  'bank-debit-returned': {
    title: 'Bank debit comes back', about: 'The debit is on its way for days, then the account has no funds; a card saves the day.',
    steps: [{ act: 'account', account: US_ACCOUNT_EMPTY, says: 'a bank account without funds' }, charge, { act: 'until', stage: 'retrying', withinDays: 14, says: 'the money is on its way, and then is not' }, { act: 'card', card: GOOD, says: 'a card instead, while the account is tried once more' }, days(10)],
  },
  pauses: {
    title: 'Pauses', about: 'The subscription is paused at Stripe: at the end of what was paid the assistant rests, and the data is kept.',
    steps: [{ act: 'pause', says: 'pauses the subscription at Stripe' }, { act: 'until', stage: 'suspended', withinDays: 32, says: 'what was paid runs out' }],
  },
};

/** The story of a name; undefined where there is none. */
export const storyOf = (name: string): Story | undefined => (Object.hasOwn(STORIES, name) ? STORIES[name] : undefined);
