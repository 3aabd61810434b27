import type { VendorName } from './vendor.js';

/** `429` rate limit, `500` vendor's server error, `hang` never answers, `cut` breaks the connection in the middle of an answer. */
export const FAULT_KINDS = ['429', '500', 'hang', 'cut'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** How many more calls it hits. */
  count: number;
  /** Only this vendor's calls; all when absent. */
  provider?: VendorName;
}

/** One call as `GET /_emulator/requests` shows it; bodies and whole keys are never kept. */
export interface RecordedRequest {
  at: string;
  provider: VendorName;
  method: string;
  path: string;
  key: string | null;
  authHeaders: string[];
  model: string | null;
  stream: boolean;
  /** OpenAI's `stream_options.include_usage`. */
  usageAsked: boolean;
  status: number | null;
  inputTokens: number;
  outputTokens: number;
  /** The caller left before the answer was whole. */
  aborted: boolean;
}

const MAX_RECORDED = 1_000;

/** The emulator's memory: planned faults and what was asked. */
export class EmulatorControl {
  #faults: Fault[] = [];
  #requests: RecordedRequest[] = [];
  #counts: Record<VendorName, number> = { openai: 0, anthropic: 0, google: 0 };

  plan(fault: Fault): void {
    this.#faults.push({ ...fault });
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** Takes one hit from the oldest fault that applies to this vendor. */
  takeFault(provider: VendorName): FaultKind | undefined {
    const fault = this.#faults.find((candidate) => candidate.provider === undefined || candidate.provider === provider);
    if (fault === undefined) return undefined;
    fault.count -= 1;
    if (fault.count <= 0) this.#faults = this.#faults.filter((candidate) => candidate !== fault);
    return fault.kind;
  }

  record(request: RecordedRequest): RecordedRequest {
    this.#requests.push(request);
    if (this.#requests.length > MAX_RECORDED) this.#requests.shift();
    this.#counts[request.provider] += 1;
    return request;
  }

  report(): { total: number; counts: Record<VendorName, number>; requests: readonly RecordedRequest[] } {
    const { openai, anthropic, google } = this.#counts;
    return { total: openai + anthropic + google, counts: this.#counts, requests: this.#requests };
  }

  clearRequests(): void {
    this.#requests = [];
    this.#counts = { openai: 0, anthropic: 0, google: 0 };
  }
}
