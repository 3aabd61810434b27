import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STANDARD_POLICY } from '#domain/lifecycle/lifecycle.policy.js';
import type { DunningCase } from '#domain/lifecycle/lifecycle.types.js';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';

let api: ApiUnderTest;
let staff: SignedIn;
let ann: SignedIn;

const ANCHOR_MS = Date.parse('2027-03-01T10:05:00Z');
const dunning: DunningCase = {
  id: 'sub_1:1', openedAtMs: ANCHOR_MS, policy: STANDARD_POLICY, anchorMs: ANCHOR_MS, invoiceIds: ['in_1'], amountRemainingCents: 2900, currency: 'usd',
  shifts: [{ kind: 'extend_grace', ms: 3 * 86_400_000, fromStage: 'downgraded', atMs: ANCHOR_MS, actor: 'support:u', reason: 'On holiday' }],
  attempts: { b: { atMs: ANCHOR_MS + 2, invoiceId: 'in_1', trigger: 'schedule', outcome: 'declined', paymentMethodId: null }, a: { atMs: ANCHOR_MS + 1, invoiceId: 'in_1', trigger: 'customer', outcome: 'declined', paymentMethodId: null } },
  hardDecline: null, paymentMethodId: null, paidInvoicesBefore: 1, processingSinceMs: null, moved: { anchor: 0, back: 0 },
};

beforeAll(async () => {
  api = await ApiUnderTest.start();
  [ann, staff] = [await api.signUp('ann_lee@example.com', 'Ann 100% Lee'), await api.signUp('staff@example.com')];
  await api.makeStaff(staff, 'support');
  await api.rows(`UPDATE customer SET stage = 'grace', service_level = 'full', plan_id = 'pro', stripe_customer_id = 'cus_ann', dunning = $2, next_step = $3 WHERE id = $1`,
    [ann.customerId, JSON.stringify(dunning), JSON.stringify({ what: 'Pro is downgraded.', atMs: ANCHOR_MS, why: 'Not paid.', code: 'downgrade' })]);
  for (const [key, from, to, verb, actor] of [['k1', 'active', 'retrying', null, 'policy'], ['k2', 'retrying', 'grace', null, 'policy'], ['k3', 'grace', 'grace', 'extend_grace', 'support:u']]) {
    await api.rows(
      `INSERT INTO lifecycle_ledger (key, customer_id, from_stage, to_stage, service_level, overlays, plan_id, policy_version, reason, actor, verb) VALUES ($1, $2, $3, $4, 'full', '{}', 'pro', 'standard-1', $1, $6, $5)`,
      [key, ann.customerId, from, to, verb, actor]);
  }
  await api.rows(`INSERT INTO notice (key, customer_id, kind, subject, state, sent_at) VALUES ('n1', $1, 'grace_began', 'Please pay', 'sent', now())`, [ann.customerId]);
});
afterAll(() => api.stop());

const get = (path: string) => api.call('GET', `/api/v1/support/${path}`, { cookie: staff.cookie });

describe('support', () => {
  it('finds a customer by name, e-mail and ids; what is a pattern to SQL is text here', async () => {
    for (const q of ['ann', 'LEE', 'n_lee@ex', '100% L', ann.customerId, 'cus_ann']) {
      const { status, body } = await get(`customers?q=${encodeURIComponent(q)}`);
      expect([q, status, (body['data'] as { id: string }[]).map(({ id }) => id)]).toEqual([q, 200, [ann.customerId]]);
    }
    for (const q of ['annXlee@', '_____', '100%%', 'nobody', '\\']) expect([q, (await get(`customers?q=${encodeURIComponent(q)}&stage=grace`)).body['data']]).toEqual([q, []]);
    expect((await get('customers?stage=nowhere')).body).toMatchObject({ code: 'VALIDATION_FAILED', fields: { stage: expect.stringContaining('prospect') } });
  });

  it('shows the case with its deadlines, attempts in order and shifts, and the way to the workflow', async () => {
    const { body } = await get(`customers/${ann.customerId}`);
    expect(body).toMatchObject({
      stage: 'grace', needsAttention: null, nextStep: { code: 'downgrade', at: '2027-03-01T10:05:00.000Z' },
      dunning: {
        caseId: 'sub_1:1', anchorAt: '2027-03-01T10:05:00.000Z', policyVersion: 'standard-1', amountRemainingCents: 2900,
        attempts: [{ trigger: 'customer', outcome: 'declined' }, { trigger: 'schedule', outcome: 'declined' }], shifts: [{ kind: 'extend_grace', days: 3, actor: 'support:u', reason: 'On holiday' }],
      },
    });
    const { deadlines } = body['dunning'] as { deadlines: { stage: string; at: string }[] };
    // Days 0, 5, then 12, 19, 26 and 56, each three days later.
    expect(deadlines.map(({ stage, at }) => `${stage} ${at.slice(0, 10)}`)).toEqual(['retrying 2027-03-01', 'grace 2027-03-06', 'downgraded 2027-03-16', 'suspended 2027-03-23', 'ended 2027-03-30', 'torn_down 2027-04-29']);
    expect(body['temporalUrl']).toContain(encodeURIComponent(`customer/${ann.customerId}`));
    expect((await get(`customers/${randomUUID()}`)).status).toBe(404);
  });

  it('tells the timeline, newest first, page by page', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await get(`customers/${ann.customerId}/timeline?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...(body['data'] as { kind: string; title: string; actor: string }[]).map(({ kind, title, actor }) => `${kind}: ${title} (${actor})`));
      cursor = body['nextCursor'] as string | null;
    }
    expect(seen.sort()).toEqual(['notice: grace began (policy)', 'stage: active → retrying (policy)', 'stage: retrying → grace (policy)', 'support: extend grace (support:u)']);
  });

  it('gives the saved lists as addresses of the Temporal UI', async () => {
    const { body } = await get('views');
    const views = body['data'] as { name: string; url: string }[];
    expect(views.map(({ name }) => name)).toEqual(expect.arrayContaining(['Needs attention', 'In grace', 'Suspended this week']));
    for (const { url } of views) expect(new URL(url).searchParams.get('query')).toContain('ExecutionStatus');
  });

  it('wants a reason and what the verb needs, and says which field', async () => {
    const act = (verb: string, body: object, id = ann.customerId) => api.call('POST', `/api/v1/support/customers/${id}/actions/${verb}`, { cookie: staff.cookie, body });
    expect((await act('extend-grace', { days: 3 })).body).toMatchObject({ code: 'VALIDATION_FAILED', fields: { reason: expect.any(String) } });
    expect((await act('extend-grace', { reason: 'On holiday' })).body).toMatchObject({ fields: { days: expect.any(String) } });
    expect((await act('extend-grace', { reason: 'On holiday', days: 2.5 })).body).toMatchObject({ fields: { days: expect.any(String) } });
    expect((await act('set-stage', { reason: 'On holiday', stage: 'gone' })).body).toMatchObject({ fields: { stage: expect.any(String) } });
    expect((await act('waive-invoice', { reason: 'On holiday', invoiceId: '../x' })).body).toMatchObject({ fields: { invoiceId: expect.any(String) } });
    expect((await act('delete-everything', { reason: 'On holiday' })).status).toBe(404);
    expect((await act('pay-now', { reason: 'On holiday' }, randomUUID())).status).toBe(404);
  });
});
