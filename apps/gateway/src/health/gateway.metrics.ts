import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { TokenUsage, VendorName } from '../vendors/vendor.types.js';

/** How a call ended. */
export type Outcome =
  | 'answered' | 'caller_left' | 'bad_request' | 'unauthorized' | 'too_many_at_once' | 'limit_reached' | 'no_key' | 'key_unreadable'
  | 'key_rejected' | 'account_exhausted' | 'rate_limited' | 'upstream_refused' | 'upstream_unavailable' | 'upstream_broke_off' | 'failed';

/** The gateway's Prometheus metrics; no label ever names a customer. */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly inFlight: Gauge;
  readonly #requests: Counter<'vendor' | 'outcome'>;
  readonly #durations: Histogram<'vendor'>;
  readonly #tokens: Counter<'vendor' | 'direction' | 'estimated'>;

  constructor() {
    const registers = [this.registry];
    this.inFlight = new Gauge({ name: 'clawkeep_gateway_calls_in_flight', help: 'Model calls under way', registers });
    this.#requests = new Counter({ name: 'clawkeep_gateway_calls_total', help: 'Model calls by how they ended', labelNames: ['vendor', 'outcome'], registers });
    this.#durations = new Histogram({
      name: 'clawkeep_gateway_call_duration_seconds', help: 'Model calls from first to last byte', labelNames: ['vendor'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 180], registers,
    });
    this.#tokens = new Counter({ name: 'clawkeep_gateway_tokens_total', help: 'Tokens counted', labelNames: ['vendor', 'direction', 'estimated'], registers });
    collectDefaultMetrics({ register: this.registry });
  }

  countRequest(vendor: VendorName, outcome: Outcome, durationS: number): void {
    this.#requests.inc({ vendor, outcome });
    this.#durations.observe({ vendor }, durationS);
  }

  countTokens(vendor: VendorName, usage: TokenUsage): void {
    const estimated = String(usage.estimated);
    this.#tokens.inc({ vendor, direction: 'input', estimated }, usage.inputTokens);
    this.#tokens.inc({ vendor, direction: 'output', estimated }, usage.outputTokens);
  }
}
