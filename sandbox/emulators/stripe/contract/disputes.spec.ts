import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './contract.js';
import { at, type Control, freshEmulator } from './under-test.js';

/** Money that goes back: disputes through all their states, refunds that take time or come back. */
describe('money that goes back', { timeout: 30_000 }, () => {
  let stripe: Stripe;
  let control: Control;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ stripe, control, close } = await freshEmulator());
  });
  afterAll(() => close());

  const pay = async (payment_method = 'pm_card_visa'): Promise<Stripe.PaymentIntent> => {
    const { id } = await stripe.customers.create({});
    return stripe.paymentIntents.create({ amount: 2000, currency: 'usd', customer: id, payment_method, confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } });
  };
  const disputed = async (body: Record<string, unknown> = {}): Promise<{ id: string; charge: string; intent: string }> => {
    const intent = await pay();
    const charge = intent.latest_charge as string;
    const { dispute } = await control.post('/disputes', { charge, ...body });
    return { id: (dispute as Stripe.Dispute).id, charge, intent: intent.id };
  };
  const told = async (id: string): Promise<string[]> => {
    const events = await stripe.events.list({ type: 'charge.dispute.*', limit: 100 });
    return events.data.filter((event) => (event.data.object as Stripe.Dispute).id === id).map((event) => event.type.replace('charge.dispute.', '')).reverse();
  };
  const moved = async (id: string): Promise<number[]> => (await stripe.disputes.retrieve(id)).balance_transactions.map((row) => row.amount);

  it('wins by evidence: money out, reviewed, money back', async () => {
    const { id, charge, intent } = await disputed();
    expect((await stripe.disputes.list({ payment_intent: intent })).data.map((row) => row.id)).toEqual([id]);
    expect((await stripe.charges.retrieve(charge)).disputed).toBe(true);
    const kept = await stripe.disputes.update(id, { evidence: { customer_name: 'Ada' }, submit: false });
    expect([kept.status, kept.evidence_details.has_evidence, kept.evidence_details.submission_count]).toEqual(['needs_response', true, 0]);
    const sent = await stripe.disputes.update(id, { evidence: { uncategorized_text: 'winning_evidence' } });
    expect([sent.status, sent.evidence_details.submission_count]).toEqual(['under_review', 1]);
    expect((await stripe.disputes.retrieve(id)).status).toBe('won');
    expect([await told(id), await moved(id)]).toEqual([['created', 'funds_withdrawn', 'updated', 'updated', 'updated', 'funds_reinstated', 'closed'], [-2000, 2000]]);
    expect((await refusal(stripe.disputes.update(id, { evidence: { customer_name: 'Bob' } }))).statusCode).toBe(400);
  });

  it('loses by losing evidence, by giving up, and by the bank', async () => {
    const [first, second, third] = [await disputed(), await disputed(), await disputed({ amount: 500 })];
    await stripe.disputes.update(first.id, { evidence: { uncategorized_text: 'losing_evidence' } });
    expect((await stripe.disputes.close(second.id)).status).toBe('lost');
    await control.post(`/disputes/${third.id}/status`, { status: 'under_review' });
    await control.post(`/disputes/${third.id}/close`, { status: 'lost' });
    for (const { id } of [first, second, third]) expect((await stripe.disputes.retrieve(id)).status).toBe('lost');
    expect([await moved(third.id), await told(third.id)]).toEqual([[-500], ['created', 'funds_withdrawn', 'updated', 'updated', 'closed']]);
    expect((await refusal(stripe.disputes.close(second.id))).statusCode).toBe(400);
  });

  it('takes no money for an inquiry until it becomes a chargeback', async () => {
    const inquiry = await disputed({ status: 'warning_needs_response' });
    expect([await moved(inquiry.id), (await stripe.disputes.retrieve(inquiry.id)).is_charge_refundable]).toEqual([[], true]);
    await stripe.disputes.update(inquiry.id, { evidence: { uncategorized_text: 'escalate_inquiry_evidence' } });
    expect([(await stripe.disputes.retrieve(inquiry.id)).status, await moved(inquiry.id)]).toEqual(['needs_response', [-2000]]);
    const calm = await disputed({ status: 'warning_needs_response' });
    await stripe.refunds.create({ charge: calm.charge });
    expect([(await stripe.disputes.retrieve(calm.id)).status, await told(calm.id)]).toEqual(['warning_closed', ['created', 'updated', 'closed']]);
    expect((await control.post(`/disputes/${inquiry.id}/close`, { status: 'warning_closed' })).detail).toContain('inquiry');
  });

  it('knows disputes that were prevented, appeals, and odd wishes', async () => {
    const prevented = await disputed({ status: 'prevented' });
    expect([(await stripe.disputes.retrieve(prevented.id)).status, await told(prevented.id), await moved(prevented.id)]).toEqual(['prevented', ['created', 'closed'], []]);
    const lost = await disputed();
    await control.post(`/disputes/${lost.id}/close`, { status: 'lost' });
    await control.post(`/disputes/${lost.id}/status`, { status: 'appeal_under_review' });
    expect((await stripe.disputes.retrieve(lost.id)).status).toBe('appeal_under_review');
    await control.post(`/disputes/${lost.id}/close`, { status: 'won' });
    expect(await moved(lost.id)).toEqual([-2000, 2000]);
    expect((await control.post(`/disputes/${lost.id}/status`, { status: 'odd' })).detail).toContain('statuses');
  });

  it('disputes by itself what Stripe’s dispute cards paid', async () => {
    for (const [card, reason, status] of [['pm_card_createDispute', 'fraudulent', 'needs_response'], ['pm_card_createDisputeProductNotReceived', 'product_not_received', 'needs_response'], ['pm_card_createDisputeInquiry', 'fraudulent', 'warning_needs_response']]) {
      const intent = await pay(card);
      expect((await stripe.disputes.list({ payment_intent: intent.id })).data[0]).toMatchObject({ reason, status });
    }
  });

  it('leaves a refund on its way until it arrives or comes back', async () => {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: at('2027-04-02T00:00:00Z') });
    const { id: customer } = await stripe.customers.create({ test_clock: clock.id });
    const paid = async (): Promise<string> => (await stripe.paymentIntents.create({ amount: 2000, currency: 'usd', customer, payment_method: 'pm_card_pendingRefund', confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: 'never' } })).id;
    const [one, other] = [await stripe.refunds.create({ payment_intent: await paid(), amount: 700 }), await stripe.refunds.create({ payment_intent: await paid() })];
    expect([one.status, other.status]).toEqual(['pending', 'pending']);
    await control.post(`/refunds/${other.id}/settle`, { outcome: 'failed' });
    await control.post(`/clocks/${clock.id}/advance`, { to: '2027-04-12T00:00:00Z' });
    expect([(await stripe.refunds.retrieve(one.id)).status, (await stripe.refunds.retrieve(other.id)).status]).toEqual(['succeeded', 'failed']);
    const { totals, balanceTransactions } = await control.get(`/ledger?customer=${customer}`);
    expect(totals).toEqual({ chargedCents: 4000, refundedCents: 700, netCents: 3300 });
    expect((balanceTransactions as Stripe.BalanceTransaction[]).reduce((sum, row) => sum + row.amount, 0)).toBe(3300);
    expect(await refusal(stripe.refunds.cancel(one.id))).toMatchObject({ statusCode: 400 });
  });
});
