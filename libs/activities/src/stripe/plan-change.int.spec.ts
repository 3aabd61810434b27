import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BillingUnderTest, CARDS, type CustomerUnderTest } from './testing/billing-under-test.js';

let under: BillingUnderTest;
let ann: CustomerUnderTest;
let subscriptionId: string;
beforeAll(async () => { under = await BillingUnderTest.start(); });
afterAll(() => under.stop());
beforeEach(async () => { ann = await under.customer(); });
afterEach(() => under.clearFaults());

const target = () => ({ customerId: ann.customerId, subscriptionId });
const schedule = (planId: 'lite' | 'pro') => under.billing.schedulePlanChange({ ...target(), planId, priceId: `${planId}_month` });
const upgrade = (prorationAtMs: number) => under.billing.changePlan({ ...target(), planId: 'team', priceId: 'team_month', prorationAtMs });
const scheduleIdNow = async () => (await under.stripe.subscriptions.retrieve(subscriptionId)).schedule;
const invoices = async (status: 'open' | 'void' | 'paid') => (await under.stripe.invoices.list({ subscription: subscriptionId, status, limit: 100 })).data;

describe('an upgrade', () => {
  beforeEach(async () => { subscriptionId = await ann.subscribe('pro'); });

  it('costs what the preview said, also when it is confirmed later', async () => {
    await ann.advanceDays(10);
    const preview = await under.billing.previewPlanChange({ ...target(), priceId: 'team_month' });
    await ann.advanceDays(10 / (24 * 60));
    await upgrade(preview.prorationAtMs);
    expect((await ann.paidCharges()).sort()).toEqual([2900, preview.amountDueCents].sort());
    expect((await ann.facts()).subscription).toMatchObject({ planId: 'team', priceId: 'team_month', pendingUpdateExpiresAtMs: null });
  });

  it('that is declined leaves the plan and opens no case; its invoice lapses void and is never collected', async () => {
    await ann.advanceDays(5);
    await ann.setCard(CARDS.attachesThenFails);
    const { prorationAtMs } = await under.billing.previewPlanChange({ ...target(), priceId: 'team_month' });
    await expect(upgrade(prorationAtMs)).rejects.toMatchObject({ type: 'PAYMENT_FAILED', nonRetryable: true });
    const waiting = await ann.facts();
    expect(waiting).toMatchObject({ subscription: { status: 'active', planId: 'pro', pendingUpdateExpiresAtMs: expect.any(Number) as unknown }, openInvoices: [{ ofPendingUpdate: true, subscriptionId }] });
    expect(await invoices('open')).toMatchObject([{ auto_advance: false }]);
    // Paying what is overdue must not buy the plan.
    await ann.setCard(CARDS.good);
    await expect(under.billing.payOldestOpenInvoice({ customerId: ann.customerId, requestId: 'r1' })).rejects.toMatchObject({ type: 'NOTHING_TO_PAY' });
    await ann.advanceDays(2);
    expect(await ann.facts()).toMatchObject({ openInvoices: [], subscription: { planId: 'pro', pendingUpdateExpiresAtMs: null, status: 'active' } });
    expect(await invoices('void')).toHaveLength(1);
    expect(await ann.paidCharges()).toEqual([2900]);
  });

  it('that waits is given up by who books a cheaper plan', async () => {
    await ann.setCard(CARDS.attachesThenFails);
    await ann.advanceDays(5);
    const { prorationAtMs } = await under.billing.previewPlanChange({ ...target(), priceId: 'team_month' });
    await expect(upgrade(prorationAtMs)).rejects.toMatchObject({ type: 'PAYMENT_FAILED' });
    await schedule('lite');
    expect(await ann.facts()).toMatchObject({ openInvoices: [], subscription: { planId: 'pro', pendingUpdateExpiresAtMs: null, scheduledChange: { planId: 'lite' } } });
  });

  it('asked for again with a good card leaves one paid and no open invoice', async () => {
    await ann.advanceDays(5);
    await ann.setCard(CARDS.attachesThenFails);
    const { prorationAtMs, amountDueCents } = await under.billing.previewPlanChange({ ...target(), priceId: 'team_month' });
    await expect(upgrade(prorationAtMs)).rejects.toMatchObject({ type: 'PAYMENT_FAILED' });
    await ann.setCard(CARDS.good);
    await upgrade(prorationAtMs);
    expect(await invoices('open')).toEqual([]);
    expect((await ann.paidCharges()).sort()).toEqual([2900, amountDueCents].sort());
    expect((await ann.facts()).subscription?.planId).toBe('team');
  });
});

describe('a downgrade', () => {
  beforeEach(async () => { subscriptionId = await ann.subscribe('team'); });

  it.each([['nothing', '', 0], ['lost-answer', '/v1/subscription_schedules', 1], ['error-500-after', '/v1/subscription_schedules', 1]] as const)('is booked for the end of the period, with %s of POST %s', async (kind, path, count) => {
    if (kind !== 'nothing') await under.fault(kind, 'POST', path, count);
    const book = () => schedule('pro');
    const { atMs } = await book().catch(book);
    expect(await book()).toEqual({ atMs });
    const booked = await ann.facts();
    expect(atMs).toBe(booked.subscription?.currentPeriodEndMs);
    expect(booked.subscription).toMatchObject({ planId: 'team', scheduledChange: { planId: 'pro', priceId: 'pro_month', atMs } });
    await ann.advanceDays(32);
    expect((await ann.facts()).subscription).toMatchObject({ planId: 'pro', priceId: 'pro_month', scheduledChange: null });
    expect(await ann.paidCharges()).toEqual([2900, 7900]);
  });

  it('is replaced by another, and dropped', async () => {
    await schedule('pro');
    await schedule('lite');
    expect((await ann.facts()).subscription?.scheduledChange).toMatchObject({ planId: 'lite' });
    for (let run = 0; run < 2; run += 1) await under.billing.dropScheduledPlanChange(target());
    expect((await ann.facts()).subscription?.scheduledChange).toBeNull();
    expect(await scheduleIdNow()).toBeNull();
    await schedule('lite');
    expect((await ann.facts()).subscription?.scheduledChange).toMatchObject({ planId: 'lite' });
  });

  it('stands aside for a cancel and comes back with its undo: one renewal, at the lower price', async () => {
    await ann.advanceDays(9);
    await schedule('pro');
    await ann.advanceDays(2);
    for (let run = 0; run < 2; run += 1) await under.billing.cancelAtPeriodEnd(target());
    expect((await ann.facts()).subscription).toMatchObject({ cancelAtPeriodEnd: true, scheduledChange: null });
    await expect(schedule('lite')).rejects.toMatchObject({ type: 'STRIPE_REFUSED' });
    await ann.advanceDays(8);
    for (let run = 0; run < 2; run += 1) await under.billing.undoCancelAtPeriodEnd(target());
    expect((await ann.facts()).subscription).toMatchObject({ cancelAtPeriodEnd: false, planId: 'team', scheduledChange: { planId: 'pro' } });
    await ann.advanceDays(14);
    expect((await ann.facts()).subscription).toMatchObject({ planId: 'pro' });
    expect(await ann.paidCharges()).toEqual([2900, 7900]);
    await under.billing.dropScheduledPlanChange(target());
    expect(await scheduleIdNow()).toBeNull();
  });

  it('refuses the plan that runs, and one that is not sold', async () => {
    await expect(under.billing.schedulePlanChange({ ...target(), planId: 'team', priceId: 'team_month' })).rejects.toMatchObject({ type: 'SAME_PLAN' });
    await expect(under.billing.schedulePlanChange({ ...target(), planId: 'x', priceId: 'x_month' })).rejects.toMatchObject({ type: 'PLAN_NOT_SOLD' });
  });
});

describe('an upgrade over a booked downgrade', () => {
  it('takes its place; declined, the downgrade stands as before', async () => {
    subscriptionId = await ann.subscribe('pro');
    await schedule('lite');
    await ann.setCard(CARDS.attachesThenFails);
    await ann.advanceDays(3);
    const { prorationAtMs } = await under.billing.previewPlanChange({ ...target(), priceId: 'team_month' });
    await expect(upgrade(prorationAtMs)).rejects.toMatchObject({ type: 'PAYMENT_FAILED' });
    expect((await ann.facts()).subscription).toMatchObject({ planId: 'pro', scheduledChange: { planId: 'lite' } });
    await ann.setCard(CARDS.good);
    await upgrade(prorationAtMs);
    expect((await ann.facts()).subscription).toMatchObject({ planId: 'team', scheduledChange: null });
    expect(await scheduleIdNow()).toBeNull();
  });
});

describe("Stripe's own retries", () => {
  it('are told once a process where the policy owns the retries', async () => {
    subscriptionId = await ann.subscribe('pro');
    await under.control('POST', '/account', { retries: 'smart' });
    await ann.failRenewal();
    await under.control('POST', '/account', { retries: 'off' });
    const told = () => under.warnings.filter((line) => line.includes("Stripe's own retries are on"));
    await ann.facts();
    await ann.facts();
    expect((await ann.facts()).openInvoices).toMatchObject([{ nextAttemptAtMs: expect.any(Number) as unknown }]);
    expect(told()).toHaveLength(1);
  });
});
