import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { ReconcilePort } from '#workflows/ports/reconcile.port.js';
import { toFailure } from '../stripe/failures.js';
import { replayUndelivered, sweepClockCustomers, sweepOpenInvoices, sweepSubscriptions, type ReconcileDeps } from '../stripe/reconcile-pages.js';
import { findLocalDifferences } from './local-sweep.js';
import { addDifferences, beginRun, closeRun } from './reconcile-store.js';

export interface ReconcileActivitiesDeps extends ReconcileDeps {
  readonly logger: Logger;
  /** Of the policy: more customers worse off at once than this, and none of them is rung. */
  readonly massBreaker: { readonly customers: number; readonly share: number };
}

/** Activities of the reconciler, queue `billing`. */
export function createReconcileActivities(deps: ReconcileActivitiesDeps): ReconcilePort {
  const paged = async (work: () => Promise<string | null>): Promise<{ cursor: string | null }> => {
    try {
      return { cursor: await work() };
    } catch (error) {
      throw toFailure(error);
    }
  };
  return {
    beginRun: ({ runId }) => beginRun(deps.dataSource, runId),
    replayUndelivered: ({ sinceSeconds, ...page }) => paged(() => replayUndelivered(deps, { ...page, beat }, sinceSeconds)),
    sweepSubscriptions: (page) => paged(() => sweepSubscriptions(deps, { ...page, beat })),
    sweepOpenInvoices: (page) => paged(() => sweepOpenInvoices(deps, { ...page, beat })),
    sweepClockCustomers: (page) => paged(() => sweepClockCustomers(deps, { ...page, beat })),
    sweepLocal: ({ runId }) => paged(async () => {
      await deps.dataSource.transaction(async (manager) => addDifferences(manager, runId, await findLocalDifferences(manager, runId)));
      return null;
    }),
    closeRun: async (input) => {
      const report = await closeRun(deps.dataSource, input, deps.massBreaker);
      if (report.stoppedReason !== null) deps.logger.error(report, 'The reconciler stopped: a person must look (table reconcile_run)');
      else if (report.differences > 0) deps.logger.warn(report, 'The reconciler found differences between Stripe and our book, and rang');
      return report;
    },
  };
}

/** Shows Temporal that the page goes on; outside Temporal nothing. */
function beat(): void {
  try {
    Context.current().heartbeat();
  } catch {
    // A test calls the activity as a plain function: there is nobody to tell.
  }
}
