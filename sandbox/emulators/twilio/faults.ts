/** Faults that can be planned. Request faults hit REST calls, `undelivered` the fate of a message, the others status callbacks. */
export const FAULT_KINDS = [
  'error-500-before', 'error-500-after', 'lost-answer', 'rate-limit-429', 'slow', 'undelivered', 'callback-drop', 'callback-duplicate', 'callback-delay',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often still, and on what. `amount`: milliseconds (slow, callback-delay) or the error code (undelivered, 30003). */
export interface Fault { kind: FaultKind; count: number; method?: string; path?: string; amount?: number }

/** The plan of faults of one emulator. Not kept over a restart. */
export class Faults {
  private faults: Fault[] = [];

  add(fault: Fault): void { this.faults.push({ ...fault }); }
  list(): Fault[] { return this.faults.map((fault) => ({ ...fault })); }
  clear(): void { this.faults = []; }

  /** Takes the next fault of these kinds that fits, counting it down. `path`: part of the request's path, of the number, or the status of a callback. */
  take(kinds: readonly FaultKind[], method: string, path: string): Fault | undefined {
    const fault = this.faults.find(({ kind, method: only, path: part }) => kinds.includes(kind) && (only === undefined || only.toUpperCase() === method) && (part === undefined || path.includes(part)));
    if (fault === undefined) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.faults = this.faults.filter((other) => other !== fault);
    return fault;
  }
}
