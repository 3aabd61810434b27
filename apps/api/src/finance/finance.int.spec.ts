import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';
import { appendLedger } from '#database/ledger/append-ledger.js';
import { saveCase } from '#database/ledger/case-store.js';
import type { LedgerFact } from '#domain/finance/ledger.types.js';
import { STANDARD_POLICY } from '#domain/lifecycle/lifecycle.policy.js';
import type { Decision } from '#domain/lifecycle/lifecycle.types.js';
import { Database } from '../database/database.js';
import type { AgeingDto, ChainCheckDto, DunningCaseDto, FinanceSummaryDto, LedgerRowDto, TieOutDto } from './finance.dto.js';
import type { SimulationDto } from './simulation.dto.js';

let api: ApiUnderTest;
let finance: SignedIn;
let operator: SignedIn;
let support: SignedIn;
let member: SignedIn;
let debtor: string;
const BASE = '/api/v1/finance';
const AS_OF = '2027-03-31T23:59:59Z';
const NAME = '=HYPERLINK("http://evil.example","Ann, ""Ltd""")\n+1';

const at = (text: string): number => Date.parse(text);
const fact = (kind: LedgerFact['kind'], occurredAt: string, stripeRef: string, amountMinor: number, detail: LedgerFact['detail'] = {}, currency = 'usd'): LedgerFact =>
  ({ kind, customerId: debtor, occurredAtMs: at(occurredAt), stripeRef, amountMinor, currency, caseId: null, actor: 'stripe', policyVersion: null, detail });
const write = (...facts: LedgerFact[]) => api.app.get(Database).transaction((manager) => appendLedger(manager, facts));
const get = <Body>(path: string, who = finance) => api.call<Body>('GET', `${BASE}${path}`, { cookie: who.cookie });
const simulate = (body: object) => api.call<SimulationDto & { code: string; fields: Record<string, string> }>('POST', `${BASE}/simulate`, { cookie: finance.cookie, body });

beforeAll(async () => {
  api = await ApiUnderTest.start();
  [finance, operator, support, member] = await Promise.all(['finance', 'operator', 'support', 'member'].map((name) => api.signUp(`${name}@example.com`))) as [SignedIn, SignedIn, SignedIn, SignedIn];
  await api.makeStaff(finance, 'finance');
  await api.makeStaff(operator, 'operator');
  await api.makeStaff(support, 'support');
  debtor = randomUUID();
  await api.rows('INSERT INTO customer (id, name) VALUES ($1, $2)', [debtor, NAME]);
  await write(
    fact('plan_changed', '2027-01-01T10:00:00Z', 'sub_1#1', 2000, { subscriptionId: 'sub_1', planId: 'pro' }),
    fact('invoice_finalized', '2027-03-01T10:00:00Z', 'in_1', 2000, { subscriptionId: 'sub_1' }), fact('payment_failed', '2027-03-01T10:05:00Z', 'ch_1', 2000, { invoiceId: 'in_1' }),
    fact('payment_applied', '2027-03-06T10:00:00Z', 'inpay_1', 500, { invoiceId: 'in_1' }), fact('payment_succeeded', '2027-03-06T10:00:00Z', 'ch_2', 500, { bookedAt: '2027-03-06T10:00:00.000Z' }),
    fact('invoice_finalized', '2027-03-24T23:59:59Z', 'in_2', 300, {}, 'jpy'), fact('balance_changed', '2027-03-25T00:00:00Z', 'cbtxn_1', -1234),
  );
  const decision = {
    stage: 'grace', nextStep: { what: 'limits of Free', atMs: at('2027-03-13T10:05:00Z'), why: '' }, closedCase: null,
    dunning: { id: 'sub_1:1', openedAtMs: at('2027-03-01T10:06:00Z'), policy: STANDARD_POLICY, anchorMs: at('2027-03-01T10:05:00Z'), invoiceIds: ['in_1'], amountRemainingCents: 1500, currency: 'usd', shifts: [], attempts: {}, hardDecline: null },
  } as unknown as Decision;
  await api.app.get(Database).transaction(async (manager) => {
    await appendLedger(manager, await saveCase(manager, { customerId: debtor, key: 'k1', decision, customerNowMs: at('2027-03-06T10:05:00Z'), actor: 'policy' }));
  });
});
afterAll(() => api.stop());

describe('finance', () => {
  it('is for finance and operators', async () => {
    for (const path of ['/summary', '/dunning', '/ageing', '/ledger', '/ledger/verify', '/tie-out', '/dunning.csv', '/ageing.csv', '/ledger.csv', '/dunning.csv.sha256', '/ageing.csv.sha256', '/ledger.csv.sha256']) {
      const statuses = await Promise.all([finance, operator, support, member].map(async (who) => (await get(path, who)).status));
      expect([path, statuses]).toEqual([path, [200, 200, 403, 403]]);
      expect([path, (await api.call('GET', `${BASE}${path}`)).status]).toEqual([path, 401]);
    }
  });

  it('sums up an instant, each currency for itself', async () => {
    const { body } = await get<FinanceSummaryDto>(`/summary?asOf=${AS_OF}`);
    expect(body.currencies.map(({ currency }) => currency)).toEqual(['jpy', 'usd']);
    expect(body).toMatchObject({ asOf: '2027-03-31T23:59:59.000Z', ledgerSeq: 8, policyVersions: ['standard-1'] });
    expect(body.currencies[1]).toMatchObject({
      mrrCents: 2000, subscriptions: 1, mrrAtRiskCents: 2000, openCases: 1, receivableCents: 1500, receivableAtRiskCents: 1500, stages: [{ stage: 'grace', cases: 1, amountCents: 1500, mrrCents: 2000 }],
    });
    expect(body.currencies[1]!.months.at(-1)).toMatchObject({ month: '2027-03', mrrCents: 2000, paidCents: 500, failedCents: 2000, casesOpened: 1 });
    // Before the failure nothing was at risk.
    expect((await get<FinanceSummaryDto>('/summary?asOf=2027-02-01T00:00:00Z')).body.currencies).toMatchObject([{ currency: 'usd', mrrCents: 2000, mrrAtRiskCents: 0, receivableCents: 0, openCases: 0 }]);
  });

  it('ages what is still to be paid; the buckets add up to it (scenario 20e)', async () => {
    const [{ body }, summary] = [await get<AgeingDto>(`/ageing?asOf=${AS_OF}`), await get<FinanceSummaryDto>(`/summary?asOf=${AS_OF}`)];
    expect(body.currencies.map(({ currency, totalCents, buckets }) => [currency, totalCents, buckets.flatMap(({ fromDay, invoices, amountCents }) => (invoices > 0 ? [[fromDay, amountCents]] : []))])).toEqual([
      ['jpy', 300, [[7, 300]]], ['usd', 1500, [[21, 1500]]],
    ]);
    for (const [index, one] of body.currencies.entries()) expect(one.totalCents).toBe(summary.body.currencies[index]!.receivableCents);
  });

  it('lists cases by stage and state, page by page', async () => {
    const { body } = await get<{ data: DunningCaseDto[] }>('/dunning?stage=grace');
    expect(body.data).toMatchObject([{ caseId: 'sub_1:1', customerName: NAME, stage: 'grace', nextStepWhat: 'limits of Free', nextStepAt: '2027-03-13T10:05:00.000Z', amountRemainingCents: 1500, mrrAtRiskCents: 2000, policyVersion: 'standard-1', closedAt: null }]);
    for (const query of ['?stage=suspended', '?state=closed']) expect((await get<{ data: unknown[] }>(`/dunning${query}`)).body.data).toEqual([]);
    expect((await get<{ fields: object }>('/dunning?stage=nowhere')).body.fields).toHaveProperty('stage');
  });

  it('shows the ledger newest first, by cursor, span and kind; and vouches for its chain', async () => {
    const first = await get<{ data: LedgerRowDto[]; nextCursor: string }>('/ledger?limit=3');
    expect(first.body.data.map(({ seq }) => seq)).toEqual([8, 7, 6]);
    const second = await get<{ data: LedgerRowDto[] }>(`/ledger?limit=3&cursor=${first.body.nextCursor}`);
    expect(second.body.data.map(({ seq }) => seq)).toEqual([5, 4, 3]);
    expect((await get<{ data: LedgerRowDto[] }>('/ledger?from=2027-03-01T10:05:00Z&to=2027-03-06T10:00:00Z')).body.data.map(({ kind }) => kind)).toEqual(['case_opened', 'payment_failed']);
    expect((await get<{ data: LedgerRowDto[] }>('/ledger?kind=balance_changed')).body.data).toMatchObject([{ amountCents: -1234, prevHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string }]);
    expect((await get('/ledger?cursor=nonsense')).status).toBe(400);
    expect((await get('/ledger?from=2027-03-06T00:00:00Z&to=2027-03-01T00:00:00Z')).status).toBe(400);
    expect((await get<ChainCheckDto>('/ledger/verify')).body).toMatchObject({ ok: true, rows: 8, headSeq: 8, fault: null });
  });

  it('holds the ledger against Stripe’s balance and names what differs', async () => {
    expect((await get<TieOutDto>('/tie-out?month=2027-03')).body).toMatchObject({ ok: false, stripeReadAt: null });
    await api.rows(`INSERT INTO stripe_balance_read (month, read_at) VALUES ('2027-03', now())`);
    await api.rows(`INSERT INTO stripe_balance (id, type, reporting_category, source, amount_minor, fee_minor, currency, created) VALUES ('txn_2', 'charge', 'charge', 'ch_2', 500, 45, 'usd', '2027-03-06T10:00:00Z')`);
    const insertInvoice = (id: string, cents: number, currency: string) => api.rows(
      `INSERT INTO invoice (id, customer_id, status, amount_due_cents, amount_paid_cents, amount_remaining_cents, currency, created) VALUES ($1, $2, 'open', $3, 0, $3, $4, now())`, [id, debtor, cents, currency]);
    await insertInvoice('in_1', 1500, 'usd');
    await insertInvoice('in_2', 300, 'jpy');
    expect((await get<TieOutDto>('/tie-out?month=2027-03')).body).toMatchObject({ ok: true, currencies: [{ currency: 'jpy', differences: [] }, { currency: 'usd', differenceCents: 0, receivables: { ledgerCents: 1500, stripeCents: 1500 }, differences: [] }] });
    await api.rows(`UPDATE stripe_balance SET amount_minor = 700 WHERE id = 'txn_2'`);
    expect((await get<TieOutDto>('/tie-out?month=2027-03')).body).toMatchObject({ ok: false, currencies: [{}, { differenceCents: -200, differences: [{ ref: 'ch_2', ledgerCents: 500, stripeCents: 700 }] }] });
    await api.rows(`UPDATE stripe_balance SET amount_minor = 500 WHERE id = 'txn_2'`);
    expect((await get('/tie-out?month=March')).status).toBe(400);
  });
});

describe('the tables', () => {
  /** RFC 4180, read without the library that wrote it. */
  const parse = (text: string): string[][] => {
    const rows: string[][] = [];
    for (let rest = text; rest !== '';) {
      const row: string[] = [];
      for (;;) {
        const quoted = /^"((?:[^"]|"")*)"(,|\r\n)/.exec(rest);
        const found = quoted ?? /^([^",\r\n]*)(,|\r\n)/.exec(rest);
        if (found === null) throw new Error(`Not CSV: ${rest.slice(0, 80)}`);
        row.push(quoted === null ? found[1]! : found[1]!.replaceAll('""', '"'));
        rest = rest.slice(found[0].length);
        if (found[2] === '\r\n') break;
      }
      rows.push(row);
    }
    return rows;
  };
  const table = async (path: string): Promise<Record<string, string>[]> => {
    const [head, ...rows] = parse((await get(path)).text);
    return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head![index]!, cell])));
  };

  it('are CSV to the letter, with names that start no formula, and amounts that are numbers', async () => {
    expect(await table(`/dunning.csv?asOf=${AS_OF}&preamble=false`)).toEqual([{
      case_id: 'sub_1:1', customer_id: debtor, customer_name: `'${NAME}`, subscription_id: 'sub_1', stage: 'grace', opened_at: '2027-03-01T10:06:00.000Z', anchor_at: '2027-03-01T10:05:00.000Z',
      next_step_at: '2027-03-13T10:05:00.000Z', next_step: 'limits of Free', amount_remaining_minor: '1500', amount_remaining: '15.00', mrr_at_risk_minor: '2000', mrr_at_risk: '20.00', currency: 'usd', policy_version: 'standard-1', hard_decline: '',
    }]);
    expect((await table(`/ageing.csv?asOf=${AS_OF}&preamble=false`)).map((row) => [row['invoice_id'], row['age_days'], row['bucket'], row['amount_remaining_minor'], row['amount_remaining'], row['currency']])).toEqual([
      ['in_2', '7', '[7,15)', '300', '300', 'jpy'], ['in_1', '30', '[21,31)', '1500', '15.00', 'usd'],
    ]);
    const ledger = await table('/ledger.csv?preamble=false');
    expect(ledger.map(({ seq }) => seq)).toEqual(['1', '2', '3', '8', '4', '5', '6', '7']);
    expect(ledger.at(-1)).toMatchObject({ kind: 'balance_changed', amount_minor: '-1234', amount: '-12.34' });
    expect(JSON.parse(ledger[0]!['detail']!)).toEqual({ planId: 'pro', subscriptionId: 'sub_1' });
  });

  it('say above what they are of, also where they are empty', async () => {
    const { text, headers } = await get(`/dunning.csv?asOf=${AS_OF}`);
    expect(text.split('\r\n').slice(0, 4)).toEqual(['# as of: 2027-03-31T23:59:59.000Z', '# policy versions: standard-1', '# ledger row: 8', expect.stringMatching(/^case_id,customer_id,/)]);
    expect(headers.get('content-type')).toContain('text/csv');
    expect(headers.get('content-disposition')).toBe('attachment; filename="dunning-2027-03-31T235959Z.csv"');
    expect((await get('/dunning.csv?asOf=2020-01-01T00:00:00Z')).text.split('\r\n').slice(0, 4)).toEqual(['# as of: 2020-01-01T00:00:00.000Z', '# policy versions: none', '# ledger row: 0', expect.stringMatching(/^case_id,/)]);
  });

  it('come out the same for the same instant, whatever happens later, and their checksum says so (scenario 20e)', async () => {
    const paths = ['dunning', 'ageing'].map((name) => [`/${name}.csv?asOf=${AS_OF}`, `/${name}.csv.sha256?asOf=${AS_OF}`]).concat([[`/ledger.csv?to=${AS_OF}`, `/ledger.csv.sha256?to=${AS_OF}`]]) as [string, string][];
    const all = () => Promise.all(paths.map(async ([path]) => (await get(path)).text));
    const before = await all();
    const [usd] = await Promise.all([get<FinanceSummaryDto>(`/summary?asOf=${AS_OF}`)]);
    await write(fact('invoice_voided', '2027-04-02T00:00:00Z', 'in_1', 1500), fact('plan_changed', '2027-04-02T00:00:00Z', 'sub_1#2', 0, { subscriptionId: 'sub_1' }));
    await api.app.get(Database).transaction(async (manager) => {
      const decision = { stage: 'ended', nextStep: null, dunning: null, closedCase: { id: 'sub_1:1', outcome: 'ended', recoveredBy: null, anchorMs: 0, closedAtMs: at('2027-04-02T00:00:00Z') } } as unknown as Decision;
      await appendLedger(manager, await saveCase(manager, { customerId: debtor, key: 'k2', decision, customerNowMs: at('2027-04-02T00:00:00Z'), actor: 'policy' }));
    });
    expect(await all()).toEqual(before);
    expect((await get<FinanceSummaryDto>(`/summary?asOf=${AS_OF}`)).body).toEqual(usd.body);
    for (const [index, [, checksum]] of paths.entries()) {
      const { text } = await get(checksum);
      expect(text.split('  ')[0]).toBe(createHash('sha256').update(before[index]!).digest('hex'));
      expect(text).toMatch(/# rows [1-9]\d*\n$/);
    }
    // What is true later is shown later.
    expect((await get<FinanceSummaryDto>('/summary?asOf=2027-04-30T00:00:00Z')).body.currencies.at(-1)).toMatchObject({ currency: 'usd', mrrCents: 0, openCases: 0, receivableCents: 0, writtenOffCents: 1500, involuntaryChurnCases: 1, involuntaryChurnMrrCents: 2000 });
  });

  it('an older fact that is learned late changes a report, but not the one up to the row of then', async () => {
    const then = `/ageing.csv?asOf=${AS_OF}&throughSeq=8`;
    const before = (await get(then)).text;
    await write(fact('credit_note', '2027-03-20T00:00:00Z', 'cn_late', 100, { invoiceId: 'in_1' }));
    expect((await get(then)).text).toBe(before);
    expect((await get(`/ageing.csv?asOf=${AS_OF}`)).text).not.toBe(before);
    expect((await get<{ fields: object }>('/ageing.csv?throughSeq=999999')).body.fields).toHaveProperty('throughSeq');
  });
});

describe('the policy simulator', () => {
  it('sets a changed policy beside today’s on the same book, the same for the same seed', async () => {
    const wish = { source: 'generated', customers: 60, seed: 7, policy: { payAgainOnDays: [2, 4], stages: { downgraded: { fromDay: 15 } } } };
    const [first, again] = [await simulate(wish), await simulate(wish)];
    expect(first.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(first.body).toMatchObject({ source: 'generated', customers: 60, seed: 7, today: { policyVersion: 'standard-1', payAgainOnDays: [1, 3, 5] }, changed: { policyVersion: 'standard-1-changed', payAgainOnDays: [2, 4] } });
    expect(first.body.changed.stages.find(({ stage }) => stage === 'downgraded')).toMatchObject({ fromDay: 15 });
    expect(first.body.changed.totals).not.toEqual(first.body.today.totals);
    expect(first.body.assumptions.length).toBeGreaterThan(4);
    expect((await simulate({ ...wish, policy: {} })).body.changed.totals).toEqual(first.body.today.totals);
  });

  it('plays the cases of the past', async () => {
    const { body } = await simulate({ source: 'past' });
    expect(body).toMatchObject({ customers: 1, today: { totals: [{ currency: 'usd', customers: 1, recoveredCustomers: 0, lostCents: 1500 }] } });
  });

  it('refuses a policy that the loader would refuse, naming each field', async () => {
    const { status, body } = await simulate({ source: 'generated', policy: { stages: { ended: { fromDay: 28 }, grace: { fromDay: 30 } }, payAgainOnDays: [3, 2] } });
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.fields['policy.stages.ended.fromDay']).toContain('must lie before day 28');
    expect(body.fields['policy.stages.downgraded.fromDay']).toContain('stages come in order');
    expect(body.fields['policy.payAgainOnDays.1']).toContain('in order');
    for (const wrong of [{}, { source: 'future' }, { source: 'generated', customers: 10_001 }, { source: 'generated', seed: -1 }, { source: 'generated', policy: { stages: { grace: { fromDay: 1.5 } } } }, { source: 'generated', policy: { unknown: 1 } }]) {
      expect([JSON.stringify(wrong), (await simulate(wrong)).status]).toEqual([JSON.stringify(wrong), 400]);
    }
  });

  it('leaves room for others while it runs, and refuses a second one meanwhile', async () => {
    let ended = false;
    const running = simulate({ source: 'generated', customers: 1500, seed: 3 }).then((answer) => { ended = true; return answer; });
    let answered = 0;
    let busy = false;
    while (!ended && (answered < 5 || !busy)) {
      expect((await api.call('GET', '/api/v1/health')).status).toBe(200);
      if (!ended) answered += 1;
      if (!busy) busy = (await simulate({ source: 'generated', customers: 1 })).body.code === 'BUSY';
    }
    expect((await running).status).toBe(200);
    expect([answered >= 5, busy]).toEqual([true, true]);
  });
});
