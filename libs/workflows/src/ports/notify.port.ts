import type { NoticeKind } from '#domain/lifecycle/lifecycle.types.js';

/** Mail to the people of a customer, queue `notify`. */
export interface NotifyPort {
  /** Sends once per key (write-ahead row); answers when it was really sent. Data are plain facts for the text (amounts in cents, times in ms). */
  sendNotice(input: { customerId: string; key: string; kind: NoticeKind; instanceId?: string; data: Record<string, string | number | null> }): Promise<{ sentAtMs: number }>;
}
