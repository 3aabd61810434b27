/** What the API answers to staff: finance's books and support's customers, in fixed figures. */
import { NOW } from './now.mjs';

const at = (days) => new Date(NOW + days * 86_400_000).toISOString();
const ADA = '0193aaaa-0000-7000-8000-000000000001';
const BO = '0193aaaa-0000-7000-8000-000000000002';
const months = [['2026-08', 412_300], ['2026-09', 448_900], ['2026-10', 471_200], ['2026-11', 489_650]].map(([month, mrrCents], index) => ({
  month, mrrCents, paidCents: mrrCents - 9_000, failedCents: 31_900 + index * 2_900, recoveredCents: 20_300 + index * 2_900, writtenOffCents: index * 2_900, refundedCents: 2_900, casesOpened: 9 + index, casesRecovered: 7, casesLost: index,
}));
const causes = [['schedule', 11, 31_900], ['card_changed', 7, 20_300], ['customer', 4, 11_600], ['support', 1, 2_900]].map(([cause, cases, amountCents]) => ({ cause, cases, amountCents }));
const currency = {
  currency: 'usd', mrrCents: 489_650, subscriptions: 162, mrrAtRiskCents: 20_300, openCases: 7, receivableCents: 26_100, receivableAtRiskCents: 20_300,
  stages: [['retrying', 3, 8_700], ['grace', 2, 5_800], ['downgraded', 1, 2_900], ['suspended', 1, 2_900]].map(([stage, cases, amountCents]) => ({ stage, cases, amountCents, mrrCents: amountCents })),
  recoveredCents: 66_700, recoveredCases: 23, recovered: causes, recoveryRate: { byCount: 0.793, byValue: 0.81 }, daysToRecover: { p50: 3, p90: 11.5 }, writtenOffCents: 17_400, involuntaryChurnMrrCents: 17_400,
  involuntaryChurnCases: 6, voluntaryCancelsInDunning: 2, months,
};
const euro = { ...currency, currency: 'eur', mrrCents: 29_000, subscriptions: 10, mrrAtRiskCents: 0, openCases: 0, receivableCents: 0, receivableAtRiskCents: 0, stages: [], recoveredCents: 0, recoveredCases: 0, recovered: [], daysToRecover: { p50: null, p90: null }, recoveryRate: { byCount: null, byValue: null } };
const bucket = (fromDay, toDay, invoices, amountCents) => ({ fromDay, toDay, invoices, amountCents });
const cases = [
  ['c1', ADA, 'Ada Byron', 'grace', -9, 3, 'The assistant gets the limits of Free; no data is touched.', null], ['c2', BO, 'Bo & Sons, a company with a rather long name', 'retrying', -2, 1, '$29.00 is collected again.', null],
  ['c3', '0193aaaa-0000-7000-8000-000000000003', 'Cyd', 'suspended', -21, 5, 'The subscription ends; the data is kept for 30 days and an export is offered.', 'lost_card'],
].map(([caseId, customerId, customerName, stage, anchor, next, nextStepWhat, hardDecline]) => ({
  caseId, customerId, customerName, subscriptionId: 'sub_1', stage, openedAt: at(anchor), anchorAt: at(anchor), nextStepAt: at(next), nextStepWhat, amountRemainingCents: 2_900, amountAtRiskCents: 2_900, mrrAtRiskCents: 2_900, currency: 'usd',
  policyVersion: 'standard-1', hardDecline, closedAt: null, outcome: null, recoveredBy: null,
}));
const closed = { ...cases[0], caseId: 'c0', closedAt: at(-1), outcome: 'recovered', recoveredBy: 'card_changed', amountRemainingCents: 0 };
const hash = (seq) => String(seq).repeat(64).slice(0, 64);
const ledger = [['payment_failed', 'ch_3PxA2Lk9Qz', 2_900, 'stripe'], ['case_opened', 'sub_1:1', 2_900, 'policy'], ['notice_sent', 'sub_1:1:payment_failed', 0, 'policy'], ['support_act', 'act:7', 0, 'support:u9'], ['state_changed', 'move:12', 0, 'policy']].map(([kind, stripeRef, amountCents, actor], index) => ({
  seq: 1_240 - index, kind, customerId: ADA, occurredAt: at(-index), recordedAt: at(-index), stripeRef, amountCents, currency: amountCents === 0 ? '' : 'usd', caseId: 'sub_1:1', actor, policyVersion: actor === 'policy' ? 'standard-1' : null, detail: {}, prevHash: hash(index), hash: hash(index + 1),
}));
const tieOut = {
  month: '2026-11', ok: false, stripeReadAt: at(-0.02),
  currencies: [{
    currency: 'usd', differenceCents: 2_900, otherCents: -1_840, receivables: { ledgerCents: 26_100, stripeCents: 26_100, differenceCents: 0 },
    lines: ['payments', 'reversals', 'refunds', 'failed_refunds', 'dispute_withdrawals', 'dispute_reinstatements'].map((what, index) => ({ what, ledgerCents: index === 0 ? 480_650 : 0, stripeCents: index === 0 ? 477_750 : 0, differenceCents: index === 0 ? 2_900 : 0 })),
    differences: [{ ref: 'ch_3PxA2Lk9Qz', what: 'payments', ledgerCents: 2_900, stripeCents: 0, why: 'In the ledger, not in Stripe’s balance yet.' }],
  }],
};
const stages = [['retrying', 0, 'full'], ['grace', 5, 'full'], ['downgraded', 12, 'downgraded'], ['suspended', 19, 'stopped'], ['ended', 26, 'none'], ['torn_down', 56, 'none']].map(([stage, fromDay, serviceLevel]) => ({ stage, fromDay, serviceLevel }));
const outcome = (policyVersion, retries, better) => ({
  policyVersion, payAgainOnDays: retries, stages,
  totals: [{ currency: 'usd', customers: 1_000, recoveredCustomers: 742 + better, recoveredCents: 2_151_800 + better * 2_900, lostCents: 748_200 - better * 2_900, recoveredBy: causes.map(({ cause, cases: customers, amountCents }) => ({ cause, customers, amountCents })), serviceDaysGivenAway: 4_902 + better * 3, fullServiceDaysGivenAway: 3_100, serviceDaysWithheld: 512 - better, noticesSent: 4_120, retries: 2_204 + better * 9, downgraded: 401 - better, suspended: 322 - better, ended: 258 - better, daysToRecover: { p50: 3, p90: 11 } }],
  days: [0, 1, 3, 5, 8, 12, 19, 26].map((day, index) => ({ day, stages: { active: Math.min(742 + better, index * 120 + better), retrying: 200 } })),
});
const simulation = {
  source: 'generated', customers: 1_000, seed: 1, today: outcome('standard-1', [1, 3, 5], 0), changed: outcome('standard-1+changed', [1, 2, 4, 7], 24),
  assumptions: ['18 % of first declines cannot succeed on retry.', 'Half of those who act on a notice do so within 2 days.'], adjusted: [],
};

const list = (data) => [200, { data, nextCursor: null }];
const step = (what, days, why) => ({ what, at: at(days), why, code: 'downgrade', values: {} });
const person = (patch) => ({ id: ADA, name: 'Ada Byron', email: 'ada@example.com', stage: 'grace', serviceLevel: 'full', overlays: [], planId: 'pro', needsAttention: null, nextStep: step('The assistant gets the limits of Free; no data is touched.', 3, '$29.00 is open since Thu 12 Nov 2026.'), createdAt: at(-120), ...patch });
const invoice = { id: 'in_7', number: 'CK-0007', status: 'open', amountCents: 2_900, amountPaidCents: 0, amountRemainingCents: 2_900, amountRefundedCents: 0, currency: 'usd', description: null, periodStartsAt: null, periodEndsAt: null, createdAt: at(-9), hostedInvoiceUrl: 'https://example.com/i', invoicePdfUrl: null, receiptUrl: null };
const detail = {
  ...person({ overlays: ['dunning_paused'] }), stripeCustomerId: 'cus_Q2w3E4r5T6y7', temporalUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/customer', invoices: [invoice, { ...invoice, id: 'in_6', number: 'CK-0006', status: 'paid', amountPaidCents: 2_900, amountRemainingCents: 0, createdAt: at(-40) }],
  instances: [{ id: 'i1', name: 'Kai', status: 'running', statusReason: null, planId: 'pro', hostId: 'host-1', temporalUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/provision' }],
  dunning: {
    caseId: 'sub_1:1', anchorAt: at(-9), policyVersion: 'standard-1', amountRemainingCents: 2_900, currency: 'usd', hardDecline: null,
    deadlines: [['grace', -4], ['downgraded', 3], ['suspended', 10], ['ended', 17], ['torn_down', 47]].map(([stage, days]) => ({ stage, at: at(days) })),
    attempts: [[-8, 'schedule'], [-6, 'schedule'], [-4, 'card_changed']].map(([days, trigger]) => ({ at: at(days), trigger, outcome: 'declined', invoiceId: 'in_7' })),
    shifts: [{ kind: 'extend_grace', days: 3, at: at(-3), actor: 'support:u9', reason: 'New card is on its way by mail' }],
  },
};
const timeline = [
  { id: 'l5', at: at(-3), customerTime: null, kind: 'support', title: 'extend grace', detail: 'New card is on its way by mail', actor: 'support:u9', policyVersion: 'standard-1', fromStage: 'grace', toStage: 'grace', verb: 'extend_grace', next: detail.nextStep },
  { id: 'n2', at: at(-4), customerTime: null, kind: 'notice', title: 'grace began', detail: 'Your payment is overdue', actor: 'policy', policyVersion: null, fromStage: null, toStage: null, verb: 'grace_began', next: null },
  { id: 'l4', at: at(-4), customerTime: at(-1), kind: 'stage', title: 'retrying → grace', detail: 'Day 5 since the first failure: nothing is left to retry.', actor: 'policy', policyVersion: 'standard-1', fromStage: 'retrying', toStage: 'grace', verb: null, next: detail.nextStep },
  { id: 'l3', at: at(-9), customerTime: null, kind: 'stage', title: 'active → retrying', detail: 'Invoice CK-0007 could not be collected.', actor: 'policy', policyVersion: 'standard-1', fromStage: 'active', toStage: 'retrying', verb: null, next: null },
];

/** Routes of staff; `empty` = a house without customers. */
export function staffRoutes({ empty = false } = {}) {
  const summary = { asOf: at(0), from: at(-365), ledgerSeq: 1_240, policyVersions: ['standard-1'], currencies: empty ? [] : [currency, euro] };
  return {
    'GET /api/v1/finance/summary': () => [200, summary],
    'GET /api/v1/finance/ageing': () => [200, { asOf: at(0), ledgerSeq: 1_240, policyVersions: ['standard-1'], currencies: [{ currency: 'usd', totalCents: 26_100, invoices: 9, buckets: [bucket(0, 7, 4, 11_600), bucket(7, 14, 2, 5_800), bucket(14, 30, 2, 5_800), bucket(30, null, 1, 2_900)] }] }],
    'GET /api/v1/finance/dunning': () => list(empty ? [] : [...cases, closed]),
    'GET /api/v1/finance/ledger': () => list(empty ? [] : ledger),
    'GET /api/v1/finance/ledger/verify': () => [200, { ok: true, rows: 1_240, headSeq: 1_240, headHash: hash(1), checkpoints: 31, fault: null }],
    'GET /api/v1/finance/tie-out': () => [200, empty ? { month: '2026-11', ok: true, stripeReadAt: null, currencies: [] } : tieOut],
    'POST /api/v1/finance/simulate': (body) => (body?.policy?.stages?.ended?.fromDay > 27 ? [400, { code: 'POLICY_INVALID', detail: 'The policy does not hold together.', fields: { 'policy.stages.ended.fromDay': 'ended must begin before day 28, the shortest billing interval.' } }] : [200, simulation]),
    'GET /api/v1/support/views': () => [200, { data: [{ name: 'Needs attention', url: 'http://127.0.0.1:8233/a' }, { name: 'In grace', url: 'http://127.0.0.1:8233/b' }] }],
    'GET /api/v1/support/customers': () => list(empty ? [] : [person(), person({ id: BO, name: 'Bo & Sons, a company with a rather long name', email: 'accounts.payable@bo-and-sons.example.com', stage: 'active', needsAttention: 'The container does not start.', nextStep: null })]),
    [`GET /api/v1/support/customers/${ADA}`]: () => [200, detail],
    [`GET /api/v1/support/customers/${BO}`]: () => [200, { ...detail, ...person({ id: BO, name: 'Bo', stage: 'active', needsAttention: 'The container does not start.', nextStep: null }), overlays: [], dunning: null, invoices: [], instances: [] }],
    [`GET /api/v1/support/customers/${ADA}/timeline`]: () => list(timeline),
    [`GET /api/v1/support/customers/${BO}/timeline`]: () => list([]),
    [`POST /api/v1/support/customers/${ADA}/actions/extend-grace`]: () => [409, { code: 'TOO_LONG', detail: 'Grace can be extended by 30 days in one case; 27 are left.', fields: { days: 'Grace can be extended by 30 days in one case; 27 are left.' } }],
    [`POST /api/v1/support/customers/${ADA}/actions/pay-now`]: () => [200, detail],
  };
}
