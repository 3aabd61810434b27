import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { STAGES, type Decision, type LifecycleState, type Stage } from '#domain/lifecycle/lifecycle.types.js';
import { isLegalMove } from '#domain/lifecycle/lifecycle.policy.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import type { ProjectionsPort } from '#workflows/ports/projections.port.js';
import { createProjectionsActivities } from './projections.activities.js';

let database: TestDatabase;
let source: DataSource;
let projections: ProjectionsPort;
let customerId: string;
let instanceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 5).initialize();
  projections = createProjectionsActivities({ dataSource: source });
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});
beforeEach(async () => {
  customerId = randomUUID();
  instanceId = randomUUID();
  await source.query(`INSERT INTO customer (id, name) VALUES ($1, 'Ann')`, [customerId]);
  await source.query(
    `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state) VALUES ($1, $2, 'a', $3, 'pro', 'openai', 'm', 'provisioning', 'running')`,
    [instanceId, customerId, instanceId]);
});

const state = (stage: Stage): LifecycleState => ({
  schemaVersion: 1, stage, serviceLevel: 'none', overlays: [], planId: null, policyVersion: 'p-1', stageSinceMs: 0, subscriptionId: null,
  notices: {}, nextStep: null, reason: '', cycle: 1, cancelRounds: 0, reviewReason: null,
  dunning: null, cases: 0, lastCase: null, unpaidEnd: null, planRounds: 0,
});
const decision = (stage: Stage): Decision => ({
  stage, serviceLevel: 'full', overlays: ['canceling'], planId: 'pro', subscriptionId: 'sub_1', reason: 'because', effects: [], wakeAtMs: null,
  nextStep: { what: 'The plan renews.', atMs: 5, why: 'paid', code: 'renewal' }, policyVersion: 'p-1', cycle: 1, cancelRounds: 0, reviewReason: null,
  dunning: null, cases: 0, closedCase: null, unpaidEnd: null, planRounds: 0,
});
const NOW_MS = Date.parse('2027-03-01T10:05:00Z');
const record = (from: Stage, to: Stage, key: string = randomUUID()) =>
  projections.recordDecision({ customerId, key, from: state(from), decision: decision(to), actor: 'policy', needsAttention: null, customerNowMs: NOW_MS, notices: [{ key: `${customerId}:${key}`, kind: 'payment_received', data: { planId: 'pro' } }] });
const events = (): Promise<{ type: string; version: string; data: Record<string, unknown> }[]> =>
  source.query('SELECT type, version, data FROM event WHERE customer_id = $1 ORDER BY id', [customerId]);

describe('recordDecision', () => {
  it('writes customer, ledger and event once, however often it is called', async () => {
    await record('prospect', 'trialing', 'k-1');
    await Promise.all([record('prospect', 'trialing', 'k-1'), record('prospect', 'trialing', 'k-1')]);
    const [customer] = await source.query('SELECT stage, service_level, overlays, plan_id, subscription_id, next_step, version FROM customer WHERE id = $1', [customerId]);
    expect(customer).toEqual({
      stage: 'trialing', service_level: 'full', overlays: ['canceling'], plan_id: 'pro', subscription_id: 'sub_1', version: '1',
      next_step: { what: 'The plan renews.', atMs: 5, why: 'paid', code: 'renewal' },
    });
    expect(await source.query('SELECT from_stage, to_stage, policy_version, reason, actor FROM lifecycle_ledger WHERE customer_id = $1', [customerId]))
      .toEqual([{ from_stage: 'prospect', to_stage: 'trialing', policy_version: 'p-1', reason: 'because', actor: 'policy' }]);
    expect(await events()).toMatchObject([{ type: 'customer.stage', version: '1', data: { stage: 'trialing' } }]);
    expect(await source.query('SELECT kind, state, data FROM notice WHERE customer_id = $1', [customerId]), 'owed in the transaction of the move')
      .toEqual([{ kind: 'payment_received', state: 'owed', data: { planId: 'pro' } }]);
  });

  it('owes nothing where the move is refused', async () => {
    await expect(record('prospect', 'suspended')).rejects.toMatchObject({ type: 'ILLEGAL_TRANSITION' });
    expect(await source.query('SELECT 1 FROM notice WHERE customer_id = $1', [customerId])).toEqual([]);
  });

  it('refuses every move that the table does not know, and leaves nothing of it', async () => {
    for (const from of STAGES) {
      for (const to of STAGES) {
        await source.query('UPDATE customer SET stage = $2 WHERE id = $1', [customerId, from]);
        if (isLegalMove(from, to)) await record(from, to);
        else await expect(record(from, to)).rejects.toMatchObject({ type: 'ILLEGAL_TRANSITION', nonRetryable: true });
        const [{ stage }] = await source.query('SELECT stage FROM customer WHERE id = $1', [customerId]);
        expect(stage).toBe(isLegalMove(from, to) ? to : from);
      }
    }
  });

  it('does not believe a workflow that thinks the customer is elsewhere', async () => {
    await source.query(`UPDATE customer SET stage = 'torn_down' WHERE id = $1`, [customerId]);
    await expect(record('active', 'ended')).rejects.toMatchObject({ type: 'ILLEGAL_TRANSITION' });
  });
});

describe('recordSupportAct', () => {
  it('puts actor and reason into the ledger once, and changes no stage', async () => {
    await record('prospect', 'trialing');
    const act = { customerId, key: 'act-1', verb: 'extend_grace', actor: 'support:u1', reason: 'Promised by phone', details: { days: 3 }, after: state('trialing'), customerNowMs: NOW_MS };
    await projections.recordSupportAct(act);
    await projections.recordSupportAct(act);
    expect(await source.query('SELECT from_stage, to_stage, verb, actor, reason, details FROM lifecycle_ledger WHERE customer_id = $1 AND verb IS NOT NULL', [customerId]))
      .toEqual([{ from_stage: 'trialing', to_stage: 'trialing', verb: 'extend_grace', actor: 'support:u1', reason: 'Promised by phone', details: { days: 3, caseId: null } }]);
    expect((await events()).map(({ version }) => version)).toEqual(['1', '2']);
  });
});

describe('setInstanceStatus', () => {
  it('tells a change once and passes a late call of an older generation over', async () => {
    await projections.setInstanceStatus({ instanceId, status: 'running', reason: null });
    await projections.setInstanceStatus({ instanceId, status: 'running', reason: null });
    await projections.setInstanceStatus({ instanceId, status: 'provisioning', reason: 'Rebuilt', generation: 2, planId: 'team' });
    await projections.setInstanceStatus({ instanceId, status: 'failed', reason: 'late', generation: 1 });
    expect(await projections.loadInstance({ instanceId })).toMatchObject({ status: 'provisioning', generation: 2, planId: 'team', desiredState: 'running' });
    expect(await events()).toMatchObject([
      { type: 'instance.status', version: '1', data: { status: 'running' } },
      { type: 'instance.status', version: '2', data: { status: 'provisioning', generation: 2 } },
    ]);
  });

  it('notes when an instance is gone, and knows one that never was', async () => {
    await projections.setInstanceStatus({ instanceId, status: 'gone', reason: null, desiredState: 'removed' });
    const [row] = await source.query('SELECT gone_at, desired_state FROM instance WHERE id = $1', [instanceId]);
    expect(row).toMatchObject({ desired_state: 'removed', gone_at: expect.any(Date) });
    expect(await projections.loadInstances({ customerId })).toEqual([{ id: instanceId, status: 'gone', desiredState: 'removed', planId: 'pro' }]);
    await expect(projections.setInstanceStatus({ instanceId: randomUUID(), status: 'gone', reason: null })).rejects.toMatchObject({ type: 'INSTANCE_NOT_FOUND' });
    expect(await projections.loadInstance({ instanceId: randomUUID() })).toBeNull();
  });
});

describe('recordSteps', () => {
  it('starts, ends and undoes a step, and tells each change once', async () => {
    const step = (stepState: 'running' | 'done' | 'undone', error: string | null = null) =>
      projections.recordSteps({ instanceId, generation: 1, kind: 'provision', changes: [{ step: 'reserve_slot', position: 0, state: stepState, error }] });
    await step('running');
    await step('running');
    await step('done');
    const [done] = await source.query('SELECT started_at, ended_at, state FROM instance_step WHERE instance_id = $1', [instanceId]);
    expect(done.state).toBe('done');
    expect(done.ended_at.getTime()).toBeGreaterThanOrEqual(done.started_at.getTime());
    await step('undone', 'x'.repeat(600));
    const [undone] = await source.query('SELECT started_at, state, length(error) AS length FROM instance_step WHERE instance_id = $1', [instanceId]);
    expect(undone).toEqual({ started_at: done.started_at, state: 'undone', length: 500 });
    expect((await events()).map(({ type, version, data }) => [type, version, data['state']])).toEqual([
      ['instance.step', '1', 'running'], ['instance.step', '2', 'done'], ['instance.step', '3', 'undone'],
    ]);
  });

  it('says in one call that one is done and the next has begun, each change with a version of its own', async () => {
    const news = (first: 'running' | 'done', second: 'waiting' | 'running') => projections.recordSteps({
      instanceId, generation: 1, kind: 'provision',
      changes: [{ step: 'reserve_slot', position: 0, state: first, error: null }, { step: 'reserve_port', position: 1, state: second, error: null }],
    });
    await news('running', 'waiting');
    await Promise.all([news('done', 'running'), news('done', 'running')]);
    expect((await events()).map(({ version, data }) => [version, data['step'], data['state']])).toEqual([
      ['1', 'reserve_slot', 'running'], ['2', 'reserve_port', 'waiting'], ['3', 'reserve_slot', 'done'], ['4', 'reserve_port', 'running'],
    ]);
    const [instance] = await source.query('SELECT version FROM instance WHERE id = $1', [instanceId]);
    expect(instance).toEqual({ version: '4' });
    const [{ data }] = await source.query(`SELECT data FROM event WHERE customer_id = $1 AND version = 3`, [customerId]);
    const [row] = await source.query(`SELECT started_at, ended_at FROM instance_step WHERE step = 'reserve_slot' AND instance_id = $1`, [instanceId]);
    expect([data.startedAt, data.endedAt]).toEqual([row.started_at.toISOString(), row.ended_at.toISOString()]);
  });

  it('knows an instance that never was', async () => {
    const never = projections.recordSteps({ instanceId: randomUUID(), generation: 1, kind: 'teardown', changes: [{ step: 'stop_container', position: 0, state: 'running', error: null }] });
    await expect(never).rejects.toMatchObject({ type: 'INSTANCE_NOT_FOUND', nonRetryable: true });
  });
});
