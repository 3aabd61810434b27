/** Faults that can be planned. Request faults hit API calls; webhook faults hit deliveries. */
export const faultKinds = [
  'error-500-before', 'error-500-after', 'lost-answer', 'rate-limit-429', 'conflict-409', 'slow', 'unauthorized', 'empty-list',
  'webhook-drop', 'webhook-duplicate', 'webhook-delay', 'webhook-shuffle', 'webhook-future-timestamp', 'webhook-api-version', 'webhook-livemode',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A planned fault: how often still, and on what. `amount` is milliseconds (slow, delay) or seconds (future timestamp). */
export interface Fault {
  kind: FaultKind;
  count: number;
  method?: string;
  /** Part of the path (`/v1/refunds`), or of the event type for webhook faults. */
  path?: string;
  amount?: number;
}

/** The plan of faults of one emulator. Not kept over a restart. */
export class FaultPlan {
  private faults: Fault[] = [];

  add(fault: Fault): void {
    this.faults.push({ ...fault });
  }

  list(): Fault[] {
    return this.faults.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.faults = [];
  }

  /** Takes the next fault of these kinds that fits, counting it down. */
  take(kinds: FaultKind[], method: string, path: string): Fault | undefined {
    const fault = this.faults.find((item) => kinds.includes(item.kind) && (!item.method || item.method.toUpperCase() === method) && (!item.path || path.includes(item.path)));
    if (!fault) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.faults = this.faults.filter((item) => item !== fault);
    return fault;
  }
}
