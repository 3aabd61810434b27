import { describe, expect, it } from 'vitest';
import { compareBook, compareService, isMassHarm, wouldBeWorse } from './compare-book.js';
import type { Book, BookInstance, BookInvoice, BookSubscription, Difference } from './reconcile.types.js';

const WHOLE = { stripe: true, local: true };
const subscription = (over: Partial<BookSubscription> = {}): BookSubscription => ({ id: 'sub_1', customerId: 'c-1', status: 'active', priceId: 'pro_month', periodEndMs: 1000, ...over });
const invoice = (over: Partial<BookInvoice> = {}): BookInvoice => ({ id: 'in_1', customerId: 'c-1', amountRemainingCents: 2900, subscriptionStatus: 'past_due', ...over });
const book = (subscriptions: BookSubscription[] = [], openInvoices: BookInvoice[] = []): Book => ({ subscriptions, openInvoices });
const found = (stripe: Book, local: Book, whole = WHOLE) => compareBook(stripe, local, whole).map(({ kind, subject, customerId, local: here, stripe: there }) => [kind, subject, customerId, here, there]);

describe('two books', () => {
  it('that say the same have no difference', () => {
    const same = book([subscription()], [invoice()]);
    expect(found(same, same)).toEqual([]);
  });

  it.each<[string, Book, Book, unknown[]]>([
    ['a subscription that we lack', book([subscription()]), book(), ['missing_local', 'sub_1', 'c-1', null, 'active']],
    ['a subscription that Stripe lacks', book(), book([subscription()]), ['missing_stripe', 'sub_1', 'c-1', 'active', null]],
    ['another status', book([subscription({ status: 'canceled' })]), book([subscription()]), ['status_mismatch', 'sub_1', 'c-1', 'active', 'canceled']],
    ['another price', book([subscription({ priceId: 'team_month' })]), book([subscription()]), ['price_mismatch', 'sub_1', 'c-1', 'pro_month', 'team_month']],
    ['another period', book([subscription({ periodEndMs: 5000 })]), book([subscription()]), ['period_mismatch', 'sub_1', 'c-1', '1970-01-01T00:00:01.000Z', '1970-01-01T00:00:05.000Z']],
    ['another amount', book([], [invoice({ amountRemainingCents: 2400 })]), book([], [invoice()]), ['amount_due_mismatch', 'in_1', 'c-1', '2900 cents remain', '2400 cents remain']],
    ['an open invoice that we lack', book([], [invoice()]), book(), ['amount_due_mismatch', 'in_1', 'c-1', null, '2900 cents remain']],
    ['an invoice that is open only with us', book(), book([], [invoice()]), ['amount_due_mismatch', 'in_1', 'c-1', '2900 cents remain', null]],
    ['an open invoice of an ended subscription', book([], [invoice({ subscriptionStatus: 'canceled' })]), book([], [invoice()]), ['open_invoice_on_ended_sub', 'in_1', 'c-1', null, '2900 cents remain']],
  ])('show %s', (_what, stripe, local, difference) => {
    expect(found(stripe, local)).toEqual([difference]);
  });

  it('show two live subscriptions of one customer, and not an ended one beside it', () => {
    const two = book([subscription(), subscription({ id: 'sub_2', status: 'past_due' }), subscription({ id: 'sub_3', status: 'canceled' })]);
    expect(found(two, two)).toEqual([['duplicate_active_sub', 'sub_1,sub_2', 'c-1', null, '2 live subscriptions']]);
  });

  it('say nothing of what a page of a list leaves out, of strangers, and of what was over before we came', () => {
    expect(found(book(), book([subscription()], [invoice()]), { stripe: false, local: true })).toEqual([]);
    expect(found(book([subscription()], [invoice()]), book(), { stripe: true, local: false })).toEqual([]);
    expect(found(book([subscription({ customerId: null })], [invoice({ customerId: null })]), book())).toEqual([]);
    expect(found(book([subscription({ status: 'canceled' })]), book())).toEqual([]);
    expect(found(book([subscription({ status: 'canceled', periodEndMs: 9 })]), book([subscription({ status: 'canceled' })]))).toEqual([]);
  });
});

describe('service', () => {
  const instance = (over: Partial<BookInstance> = {}): BookInstance => ({ instanceId: 'i-1', customerId: 'c-1', serviceLevel: 'full', status: 'running', desiredState: 'running', ...over });
  it.each<[Partial<BookInstance>, string | undefined]>([
    [{}, undefined], [{ serviceLevel: 'none', status: 'suspended' }, undefined], [{ status: 'stopped', desiredState: 'stopped' }, undefined],
    [{ serviceLevel: 'none' }, 'container_running_without_entitlement'], [{ serviceLevel: 'stopped', status: 'restarting' }, 'container_running_without_entitlement'],
    [{ status: 'suspended' }, 'entitled_without_container'], [{ serviceLevel: 'downgraded', status: 'suspended' }, 'entitled_without_container'],
  ])('%j is %s', (over, kind) => {
    expect(compareService([instance(over)])[0]?.kind).toBe(kind);
  });
});

describe('harm', () => {
  const status = (local: string, stripe: string): Difference => ({ kind: 'status_mismatch', subject: 'sub_1', customerId: 'c', local, stripe });
  it.each([
    ['active', 'canceled', true], ['past_due', 'canceled', true], ['trialing', 'paused', true], ['active', 'unpaid', true], ['active', 'frozen_by_bank', true],
    ['active', 'past_due', false], ['past_due', 'active', false], ['canceled', 'active', false], ['incomplete', 'canceled', false], ['unpaid', 'canceled', false],
  ])('%s → %s: worse %s', (local, stripe, worse) => {
    expect(wouldBeWorse(status(local, stripe))).toBe(worse);
  });

  it('is what Stripe lacks, and what runs unpaid; not a new amount', () => {
    const of = (kind: Difference['kind']): Difference => ({ kind, subject: 's', customerId: 'c', local: 'active', stripe: null });
    expect([wouldBeWorse(of('missing_stripe')), wouldBeWorse(of('container_running_without_entitlement')), wouldBeWorse(of('amount_due_mismatch')), wouldBeWorse(of('missing_local'))]).toEqual([true, true, false, false]);
  });

  it.each([[5, 1000, false], [6, 1000, true], [2, 100, false], [3, 100, true], [1, 3, false], [2, 3, true], [0, 0, false]])('of %i among %i customers is mass harm: %s', (worse, customers, mass) => {
    expect(isMassHarm(worse, customers, { customers: 5, share: 0.02 })).toBe(mass);
  });
});
