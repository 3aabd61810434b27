import type { NoticeKind } from '#domain/lifecycle/lifecycle.types.js';

/**
 * Facts for the text of a notice; all may be left out. Amounts in the currency's smallest unit, times in ms of customer time.
 * `planId`: the plan that the notice speaks of (of a change of plan: the new one). `nextAtMs`, `nextCode` (NextStepCode): what happens next. `attemptAtMs`: the next
 * attempt to collect. `declineCode`: Stripe's. `downgradeToPlanId`: whose limits hold while a payment is missing. `untilMs`: end of a pause or of the time that was given.
 */
export type NoticeData = Readonly<Partial<Record<
  'planId' | 'nextWhat' | 'nextAtMs' | 'nextCode' | 'amountCents' | 'currency' | 'attemptAtMs' | 'declineCode' | 'downgradeToPlanId' | 'untilMs', string | number | null>>>;

/** Notices to the people of a customer, queue `notify`. */
export interface NotifyPort {
  /**
   * Sends once per key and answers when the mail was really taken: that is the age of the notice. The row may have been written as owed by the move
   * that caused it. Messages to phones follow beside it, where their holders agreed; they neither delay nor fail it.
   */
  sendNotice(input: { customerId: string; key: string; kind: NoticeKind; instanceId?: string; data: NoticeData }): Promise<{ sentAtMs: number }>;
}
