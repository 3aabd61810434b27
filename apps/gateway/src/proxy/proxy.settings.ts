/** Limits of the proxy itself; times in ms. */
export interface ProxySettings {
  bodyLimitBytes: number;
  /** Until the head of the vendor's answer: a long thought of a model without streaming takes minutes. */
  firstByteTimeoutMs: number;
  /** Between two pieces of an answer. */
  idleTimeoutMs: number;
  /** Calls of one instance at the same time: one runaway instance must not take the gateway from the others. */
  concurrentCallsPerInstance: number;
}

export const DEFAULT_PROXY_SETTINGS: ProxySettings = {
  bodyLimitBytes: 10 * 1024 * 1024,
  firstByteTimeoutMs: 180_000,
  idleTimeoutMs: 120_000,
  concurrentCallsPerInstance: 24,
};
