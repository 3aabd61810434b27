export const FAULT_KINDS = ['down', 'error-500-before', 'error-500-after', 'lost-answer', 'slow'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** Requests still to be hit; null until cleared. */
  count: number | null;
  method?: string;
  /** Part of the path, without the version. */
  path?: string;
  /** For `slow`, in milliseconds. */
  delayMs: number;
}

const DEFAULT_DELAY_MS = 2000;

/** Faults asked for by a tester, used up in the order they came. */
export class Faults {
  private active: Fault[] = [];

  add(body: Record<string, unknown>): Fault {
    const { kind, count, method, path, delayMs } = body;
    if (!FAULT_KINDS.includes(kind as FaultKind)) throw new TypeError(`kind must be one of ${FAULT_KINDS.join(', ')}`);
    const fault: Fault = {
      kind: kind as FaultKind,
      count: count === null ? null : typeof count === 'number' && count > 0 ? Math.floor(count) : 1,
      delayMs: typeof delayMs === 'number' && delayMs >= 0 ? delayMs : DEFAULT_DELAY_MS,
      ...(typeof method === 'string' ? { method: method.toUpperCase() } : {}),
      ...(typeof path === 'string' ? { path } : {}),
    };
    this.active.push(fault);
    return fault;
  }

  /** The fault that hits this request, if any; its count goes down by one. */
  take(method: string, path: string): Fault | undefined {
    const fault = this.active.find((item) => (item.method === undefined || item.method === method) && (item.path === undefined || path.includes(item.path)));
    if (fault?.count) {
      fault.count -= 1;
      if (fault.count === 0) this.active = this.active.filter((item) => item !== fault);
    }
    return fault;
  }

  list(): Fault[] {
    return this.active;
  }

  clear(): void {
    this.active = [];
  }
}
