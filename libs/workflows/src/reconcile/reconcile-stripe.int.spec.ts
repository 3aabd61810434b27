import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure, Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createNamespace } from '#testing/harness/namespace.js';
import { quietRuntime } from '#testing/harness/workers.js';
import { BILLING_QUEUE, LIFECYCLE_QUEUE } from '../contracts/queues.js';
import { RECONCILE_STRIPE } from '../contracts/reconcile.js';
import type { BooksPort } from '../ports/books.port.js';
import type { ReconcilePort, ReconcileReport } from '../ports/reconcile.port.js';

const temporalAddress = inject('temporalAddress');
const LAST_PAGE = { cursor: null };

/** The workflow alone, on a true Temporal server; its activities only note what is asked of them. */
describe.skipIf(temporalAddress === null)('reconcileStripe', () => {
  const address = temporalAddress ?? '';
  const namespace = `r-${randomBytes(6).toString('hex')}`;
  let client: Client;
  let native: NativeConnection;
  let workers: Worker[] = [];
  let runs: Promise<void>[] = [];
  const asked: string[] = [];
  let sweepSubscriptions: ReconcilePort['sweepSubscriptions'];
  const report = (runId: string, failed: string | null): ReconcileReport => ({ runId, lookedAt: 1, replayedEvents: 0, differences: 0, worseCustomers: 0, rung: 0, stoppedReason: failed });
  const note = (step: string, { runId, cursor }: { runId: string; cursor: string | null }): { cursor: null } => { asked.push(`${runId} ${step} ${cursor ?? 'first'}`); return LAST_PAGE; };
  const activities: ReconcilePort & BooksPort = {
    syncBalance: () => { asked.push('balance'); return Promise.resolve({ months: [], transactions: 0 }); },
    beginRun: () => Promise.resolve({ sinceSeconds: 1 }),
    replayUndelivered: (page) => Promise.resolve(note('events', page)),
    sweepSubscriptions: (page) => sweepSubscriptions(page),
    sweepOpenInvoices: (page) => Promise.resolve(note('invoices', page)),
    sweepClockCustomers: (page) => Promise.resolve(note('clocks', page)),
    sweepLocal: (page) => Promise.resolve(note('local', page)),
    closeRun: ({ runId, failed }) => { asked.push(`${runId} close ${failed ?? 'whole'}`); return Promise.resolve(report(runId, failed)); },
  };

  beforeAll(async () => {
    quietRuntime();
    await createNamespace(address, namespace);
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./reconcile-stripe.workflow.ts', import.meta.url)),
      webpackConfigHook: (config) => ({
        ...config,
        resolve: { ...config.resolve, conditionNames: ['source', 'workflow', 'import', 'require', 'default'], extensionAlias: { '.js': ['.ts', '.js'] } },
      }),
      logger: { trace() {}, debug() {}, info() {}, warn() {}, error: console.error, log() {} },
    });
    native = await NativeConnection.connect({ address });
    workers = await Promise.all([
      Worker.create({ connection: native, namespace, taskQueue: LIFECYCLE_QUEUE, workflowBundle: { code } }),
      Worker.create({ connection: native, namespace, taskQueue: BILLING_QUEUE, activities }),
    ]);
    runs = workers.map((worker) => worker.run());
    client = new Client({ connection: await Connection.connect({ address }), namespace });
  });
  afterAll(async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(runs);
    await native.close();
    await client.connection.close();
  });

  const run = (workflowId: string) => client.workflow.execute<() => Promise<ReconcileReport>>(RECONCILE_STRIPE, { workflowId, taskQueue: LIFECYCLE_QUEUE });
  const of = (workflowId: string) => asked.filter((line) => line.startsWith(`${workflowId} `)).map((line) => line.slice(workflowId.length + 1));

  it('takes each list to its last page, in order, and closes the run', async () => {
    sweepSubscriptions = (page) => { note('subscriptions', page); return Promise.resolve({ cursor: page.cursor === null ? 'p2' : page.cursor === 'p2' ? 'p3' : null }); };
    expect(await run('whole')).toEqual(report('whole', null));
    expect(of('whole')).toEqual(['events first', 'subscriptions first', 'subscriptions p2', 'subscriptions p3', 'invoices first', 'clocks first', 'local first', 'close whole']);
  });

  it('closes a sweep that is not whole as such, and asks for a person', async () => {
    sweepSubscriptions = () => Promise.reject(ApplicationFailure.nonRetryable('Stripe says no.', 'STRIPE_REFUSED'));
    expect((await run('broken')).stoppedReason).toContain('Stripe says no.');
    expect(of('broken')).toEqual(['events first', expect.stringContaining('close')]);
    const { searchAttributes } = await client.workflow.getHandle('broken').describe();
    expect(searchAttributes['NeedsAttention']).toEqual([true]);
  });
});
