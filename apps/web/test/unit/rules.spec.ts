import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemFrom, retryQuery } from '../../src/api/errors.js';
import type { Instance, Invoice, Plan } from '../../src/api/types.js';
import { invoiceState } from '../../src/ui/invoice-state.js';
import { emailFault, newPasswordFault, safeReturn } from '../../src/features/account/checks.js';
import { oldestOpen } from '../../src/features/billing/invoices.js';
import { afterCancel, codeOf, keptInstance, lookOf, plansAgain } from '../../src/features/billing/next-step.js';
import { changesOf } from '../../src/features/billing/plan-change.js';
import { spanOf, totalSpan } from '../../src/features/instance/steps.js';
import { addressOf, refusalOf } from '../../src/features/instance/words.js';
import { firstOpenStep, isSubdomain, subdomainFrom, waitsForPayment, type WizardDraft } from '../../src/features/onboarding/draft.js';

describe('after sign-in', () => {
  it.each([['/app/billing', '/app/billing'], ['/app?x=1', '/app?x=1'], ['https://evil.example', '/app'], ['//evil.example', '/app'], ['/app//evil', '/app'], ['/app\\evil', '/app'], ['/sign-in', '/app'], [undefined, '/app']])('%s leads to %s', (from, to) => {
    expect(safeReturn(from)).toBe(to);
  });
});

it('finds slips in addresses and passwords', () => {
  expect([emailFault(''), emailFault('ada'), emailFault('ada@example.com')]).toEqual(['emailMissing', 'emailShape', null]);
  expect([newPasswordFault(''), newPasswordFault('short'), newPasswordFault('пароль из слов'), newPasswordFault('x'.repeat(129))]).toEqual(['passwordMissing', 'passwordShort', null, 'passwordLong']);
});

describe('addresses', () => {
  it('come from names, Cyrillic ones too', () => {
    expect([subdomainFrom('My Claw'), subdomainFrom('Кай и Герда'), subdomainFrom('7 dwarfs'), subdomainFrom('!!!')]).toEqual(['my-claw', 'kay-i-gerda', 'dwarfs', '']);
  });
  it('made from any name are well formed, or too short to be taken for one', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const address = subdomainFrom(name);
      expect(address.length < 3 || isSubdomain(address)).toBe(true);
    }));
  });
});

describe('wizard', () => {
  const draft: WizardDraft = { planId: 'pro', priceId: 'pro_month', provider: 'openai', model: 'm', name: 'Kai', subdomain: 'kai' };
  const plans = [{ id: 'pro' }];
  it('lets nobody past an open question', () => {
    expect(firstOpenStep({ ...draft, planId: 'gone' }, ['openai'], plans)).toBe('plan');
    expect(firstOpenStep(draft, [], plans)).toBe('key');
    expect(firstOpenStep({ ...draft, subdomain: 'x' }, ['openai'], plans)).toBe('name');
    expect(firstOpenStep(draft, ['openai'], plans)).toBe('review');
  });
  it('has no place for a secret in its draft', () => {
    expect(Object.keys(draft).filter((key) => /key|secret|token|password/i.test(key))).toEqual([]);
  });
});

it('shows no address where the dashboard itself is the way to the assistant', () => {
  expect(addressOf('https://kai.example.com/', 'https://app.example.com')).toBe('kai.example.com');
  expect(addressOf('https://app.example.com/app/instances/1', 'https://app.example.com')).toBeNull();
  expect(addressOf(null, 'https://app.example.com')).toBeNull();
});

describe('actions of an instance', () => {
  const at = (status: Parameters<typeof refusalOf>[0]['status'], desiredState: 'running' | 'stopped' = 'running') => (['start', 'stop', 'restart'] as const).map((verb) => refusalOf({ status, desiredState }, verb));
  it('follow its status', () => {
    expect(at('running')).toEqual(['running', null, null]);
    expect(at('stopped', 'stopped')).toEqual([null, 'stopped', 'stopped']);
    expect(at('suspended')).toEqual(['suspended', 'suspended', 'suspended']);
    expect(at('provisioning')).toEqual(['busy', 'busy', 'busy']);
    expect(at('unhealthy')).toEqual(['running', null, null]);
  });
});

describe('what happens next', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  const step = (code: string | undefined, at: string | null) => ({ what: 'w', why: 'y', at, ...(code === undefined ? {} : { code: code as 'renewal' }) });
  it('turns to red in the last 48 hours before it hurts, and only then', () => {
    expect(lookOf({ stage: 'ended' }, step('teardown', '2026-11-25T10:00:00Z'), now).tone).toBe('warn');
    expect(lookOf({ stage: 'ended' }, step('teardown', '2026-11-22T10:00:00Z'), now).tone).toBe('bad');
    expect(lookOf({ stage: 'active' }, step('cancellation', '2026-11-22T10:00:00Z'), now).tone).toBe('warn');
    expect(lookOf({ stage: 'grace' }, step('downgrade', '2026-11-25T10:00:00Z'), now).tone).toBe('warn');
    expect(lookOf({ stage: 'grace' }, step('downgrade', '2026-11-22T10:00:00Z'), now).tone).toBe('bad');
    expect(lookOf({ stage: 'retrying' }, step('pay_again', '2026-11-21T12:00:00Z'), now).tone).toBe('warn');
    expect(lookOf({ stage: 'downgraded' }, step('suspension', '2026-11-28T10:00:00Z'), now).tone).toBe('bad');
  });
  it('offers to pay in every unpaid stage, and stands on every page then', () => {
    for (const stage of ['retrying', 'grace', 'downgraded', 'suspended'] as const) expect(lookOf({ stage }, step(undefined, null), now)).toMatchObject({ everywhere: true, action: 'payNow' });
  });
  it('offers another card where this one cannot succeed', () => {
    const dead = { ...step('grace', null), values: { hardDecline: 'lost_card' } };
    expect(lookOf({ stage: 'retrying' }, dead, now).action).toBe('card');
    expect(lookOf({ stage: 'retrying' }, { ...dead, values: { hardDecline: null } }, now).action).toBe('payNow');
  });
  it('asks nobody to pay twice, or to pay what is disputed', () => {
    for (const code of ['payment_processing', 'dispute', 'review']) expect(lookOf({ stage: 'grace' }, step(code, null), now).action).toBeNull();
  });
  it('shows a code it does not know in the words of the server', () => {
    expect(codeOf(step('something_new', null))).toBeNull();
  });
});

describe('invoices', () => {
  it('tell what became of the money, and keep a word of Stripe they do not know', () => {
    const state = (status: string, amountPaidCents = 0, amountRefundedCents = 0) => invoiceState({ status, amountPaidCents, amountRefundedCents });
    expect([state('open'), state('paid', 900), state('paid', 900, 300), state('paid', 900, 900), state('void'), state('paid', 0, 0), state('weird')])
      .toEqual(['open', 'paid', 'partly_refunded', 'refunded', 'void', 'paid', null]);
  });
  it('are paid oldest first', () => {
    const one = (id: string, createdAt: string, status: string, amountRemainingCents: number) => ({ id, createdAt, status, amountRemainingCents }) as Invoice;
    const found = oldestOpen([one('c', '2026-03', 'open', 5), one('b', '2026-02', 'open', 5), one('a', '2026-01', 'paid', 0), one('z', '2026-01', 'open', 0)]);
    expect([found.invoice?.id, found.count]).toEqual(['b', 2]);
    expect(oldestOpen([])).toEqual({ invoice: null, count: 0 });
  });
});

describe('changes of plan', () => {
  const plan = (id: string, ...prices: [amountCents: number, interval: 'month' | 'year', count?: number][]) => ({ id, name: id, prices: prices.map(([amountCents, interval, intervalCount = 1], index) => ({ id: `${id}_${index}`, amountCents, currency: 'usd', interval, intervalCount })) }) as unknown as Plan;
  const plans = [plan('free'), plan('basic', [900, 'month']), plan('pro', [2900, 'month'], [29900, 'year']), plan('team', [7900, 'month'])];
  const on = (planId: string, priceId: string, amountCents: number, interval: string) => changesOf(plans, { planId, priceId, amountCents, interval, intervalCount: 1 }).map(({ price, when }) => `${price.id} ${when}`);
  it('that give more begin now, that give less begin with the next period', () => {
    expect(on('pro', 'pro_0', 2900, 'month')).toEqual(['basic_0 period_end', 'pro_1 now', 'team_0 now']);
  });
  it('take a rebate for a year for no smaller plan', () => {
    expect(on('pro', 'pro_1', 29900, 'year')).toEqual(['basic_0 period_end', 'pro_0 period_end', 'team_0 now']);
  });
  it('are offered from a plan that is sold no longer too', () => {
    expect(on('old', 'old_0', 2000, 'month')).toEqual(['basic_0 period_end', 'pro_0 now', 'pro_1 now', 'team_0 now']);
  });
});

describe('after the end', () => {
  const instance = (id: string, status: Instance['status']) => ({ id, status }) as Instance;
  const plan = (id: string, over: Partial<Plan> = {}): Plan => ({
    id, name: id, description: '', prices: [{ id: `${id}_month`, amountCents: 900, currency: 'usd', interval: 'month', intervalCount: 1 }], trialHours: 0,
    limits: { instances: 1, seats: 1, messagesPerMonth: null, messagesPerDay: null, skills: null, agents: 1, subAgents: 0 }, downgradeTo: null, onCancel: 'end', afterCancelDays: 7, ...over,
  });
  const ids = (plans: readonly Plan[]) => plans.map(({ id }) => id);
  const free = plan('free', { prices: [] });
  it('brings the suspended assistant back, else another one that is kept', () => {
    expect(keptInstance({ stage: 'ended' }, [instance('a', 'stopped'), instance('b', 'suspended')])?.id).toBe('b');
    expect(keptInstance({ stage: 'ended' }, [instance('a', 'failed'), instance('b', 'stopped')])?.id).toBe('b');
  });
  it('brings nothing back where nothing is kept, and before the end', () => {
    expect(keptInstance({ stage: 'ended' }, (['awaiting_payment', 'failed', 'tearing_down', 'gone'] as const).map((status) => instance(status, status)))).toBeNull();
    expect(keptInstance({ stage: 'suspended' }, [instance('a', 'suspended')])).toBeNull();
    expect(keptInstance({ stage: 'torn_down' }, [instance('a', 'suspended')])).toBeNull();
  });
  it('offers the plan that was had, and each paid one where that is sold no longer', () => {
    expect(ids(plansAgain('pro', [free, plan('pro'), plan('team')]))).toEqual(['pro']);
    expect(ids(plansAgain('old', [free, plan('pro'), plan('team')]))).toEqual(['pro', 'team']);
    expect(ids(plansAgain('free', [free, plan('pro')]))).toEqual(['pro']);
  });
  it('is told before: so many days, or the free plan', () => {
    expect(afterCancel(plan('pro', { afterCancelDays: 21 }), [free])).toEqual({ keptDays: 21 });
    const soft = plan('soft', { onCancel: 'free', downgradeTo: 'start' });
    expect(afterCancel(soft, [free, plan('start', { prices: [] })])).toMatchObject({ free: { id: 'start' } });
    expect(afterCancel({ ...soft, downgradeTo: 'pro' }, [plan('pro'), free])).toMatchObject({ free: { id: 'free' } });
    expect(afterCancel(soft, [plan('pro')])).toEqual({ free: null });
  });
  it('the page after the payment waits for a kept assistant as for a new one', () => {
    expect((['awaiting_payment', 'suspended', 'provisioning', 'running', 'stopped'] as const).map((status) => waitsForPayment({ status }))).toEqual([true, true, false, false, false]);
  });
});

describe('steps', () => {
  const at = (ms: number) => new Date(ms).toISOString();
  it('count while they run and stand when they are done', () => {
    expect(spanOf({ startedAt: null, endedAt: null }, 5_000)).toBeNull();
    expect(spanOf({ startedAt: at(1_000), endedAt: null }, 5_000)).toBe(4_000);
    expect(spanOf({ startedAt: at(1_000), endedAt: at(2_500) }, 5_000)).toBe(1_500);
    expect(totalSpan([{ name: 'a', state: 'done', startedAt: at(0), endedAt: at(1_000) }, { name: 'b', state: 'done', startedAt: at(1_000), endedAt: at(6_000) }], 99_000)).toBe(6_000);
  });
});

describe('problems', () => {
  it('keep code, sentence, fields and how long to wait', () => {
    const problem = problemFrom(429, { code: 'RATE_LIMITED', detail: 'Slow down.', fields: { name: 'x' } }, new Headers({ 'retry-after': '7', 'x-request-id': 'r1' }));
    expect(problem).toMatchObject({ status: 429, code: 'RATE_LIMITED', detail: 'Slow down.', fields: { name: 'x' }, requestId: 'r1', retryAfterSeconds: 7 });
    expect(problemFrom(502, null)).toMatchObject({ code: 'HTTP_502', detail: '' });
  });
  it('are tried again only where that can help', () => {
    expect([retryQuery(0, problemFrom(404, null)), retryQuery(0, problemFrom(500, null)), retryQuery(2, problemFrom(500, null))]).toEqual([false, true, false]);
  });
});
