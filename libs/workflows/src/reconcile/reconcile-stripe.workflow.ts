import { ContinueAsNew, continueAsNew, isCancellation, log, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { books, reconcileReport, reconcileSweep } from '../activities.js';
import type { ReconcileStripeInput } from '../contracts/reconcile.js';
import { NeedsAttention } from '../contracts/search-attributes.js';
import type { ReconcilePort, ReconcileReport } from '../ports/reconcile.port.js';
import { causeOf, unlessRefused } from '../saga/saga.js';

type Paged = 'replayUndelivered' | 'sweepSubscriptions' | 'sweepOpenInvoices' | 'sweepClockCustomers' | 'sweepLocal';
const PHASES: readonly { readonly step: Paged; readonly what: string }[] = [
  { step: 'replayUndelivered', what: 'Fetch the events that Stripe could not deliver' },
  { step: 'sweepSubscriptions', what: "Compare Stripe's subscriptions with ours" },
  { step: 'sweepOpenInvoices', what: "Compare Stripe's open invoices with ours" },
  { step: 'sweepClockCustomers', what: 'Compare the customers on test clocks' },
  { step: 'sweepLocal', what: 'Look for what no list has shown' },
];

/**
 * Finds what webhooks lost, in both directions, and rings the doorbell of those whom it concerns; their own workflows read the truth and decide.
 * Changes nobody itself. Where too many would be worse off, or a page cannot be read, it rings none of them and a person looks (lifecycle.md rule 5).
 */
export async function reconcileStripe({ accepted, carried }: ReconcileStripeInput = {}): Promise<ReconcileReport> {
  const runId = workflowInfo().workflowId;
  const { sinceSeconds } = await reconcileReport('Write the run down').beginRun({ runId });
  let failed: string | null = null;
  try {
    await sweep(runId, sinceSeconds, carried ?? { phase: 0, cursor: null }, accepted);
  } catch (error) {
    // A roll-over is thrown too; only a step that failed for good ends the sweep.
    if (isCancellation(error) || error instanceof ContinueAsNew) throw error;
    failed = causeOf(error);
  }
  const report = await reconcileReport('Judge, ring and report').closeRun({ runId, failed, ...(accepted === undefined ? {} : { accepted }) });
  // The tie-out reads what is kept; a balance that could not be read is read an hour later.
  await unlessRefused("Stripe's balance", async () => { await books("Keep Stripe's balance for the tie-out").syncBalance({}); });
  setCurrentDetails(words(report));
  upsertSearchAttributes([{ key: NeedsAttention, value: report.stoppedReason !== null }]);
  if (report.stoppedReason !== null) log.error('The reconciler stopped: a person must look', { ...report });
  return report;
}

async function sweep(runId: string, sinceSeconds: number, from: { phase: number; cursor: string | null }, accepted: ReconcileStripeInput['accepted']): Promise<void> {
  for (let phase = from.phase; phase < PHASES.length; phase += 1) {
    const { step, what } = PHASES[phase]!;
    let cursor = phase === from.phase ? from.cursor : null;
    do {
      const steps: Pick<ReconcilePort, Paged> = reconcileSweep(what);
      ({ cursor } = await steps[step]({ runId, sinceSeconds, cursor }));
      if (cursor !== null && workflowInfo().continueAsNewSuggested) await continueAsNew<typeof reconcileStripe>({ ...(accepted === undefined ? {} : { accepted }), carried: { phase, cursor } });
    } while (cursor !== null);
  }
}

const words = (report: ReconcileReport): string => [
  '| | |', '|---|---|',
  `| Customers compared | ${report.lookedAt} |`,
  `| Events fetched | ${report.replayedEvents} |`,
  `| Differences | ${report.differences} |`,
  `| Doorbells rung | ${report.rung} |`,
  `| Stopped | ${report.stoppedReason ?? 'no'} |`,
].join('\n');
