/**
 * The reconciler's steps, queue `billing`. A step reads one page and answers where the next begins (null = there is none); each may run twice.
 * A step that Stripe does not answer throws: a run that is not whole heals nothing.
 */
export interface ReconcilePort {
  /** Writes the run down, once. `sinceSeconds`: from when on undelivered events are asked for. */
  beginRun(input: { runId: string }): Promise<{ sinceSeconds: number }>;
  /** Events that Stripe could not deliver are stored as if they had been. */
  replayUndelivered(input: { runId: string; sinceSeconds: number; cursor: string | null }): Promise<SweptPage>;
  /** Stripe's subscriptions of customers without a test clock, compared with ours. */
  sweepSubscriptions(input: { runId: string; cursor: string | null }): Promise<SweptPage>;
  /** Stripe's open invoices of the same, compared with ours. */
  sweepOpenInvoices(input: { runId: string; cursor: string | null }): Promise<SweptPage>;
  /** Our customers on test clocks, whom Stripe's lists leave out, one by one. */
  sweepClockCustomers(input: { runId: string; cursor: string | null }): Promise<SweptPage>;
  /** What no list has shown, and what runs against what is paid. */
  sweepLocal(input: { runId: string; cursor: string | null }): Promise<SweptPage>;
  /** Judges, rings the doorbells that may be rung, and writes the report: one transaction, once. `failed`: why the sweep is not whole; `accepted`: who has looked and lets it ring everybody. */
  closeRun(input: { runId: string; failed: string | null; accepted?: { actor: string; reason: string } }): Promise<ReconcileReport>;
}

export interface SweptPage { cursor: string | null }

export interface ReconcileReport {
  runId: string;
  /** Customers who were compared. */
  lookedAt: number;
  replayedEvents: number;
  differences: number;
  worseCustomers: number;
  /** Customers whose doorbell was rung. */
  rung: number;
  /** Why somebody was not rung: mass harm, or a sweep that is not whole. Null = all is well. */
  stoppedReason: string | null;
}
