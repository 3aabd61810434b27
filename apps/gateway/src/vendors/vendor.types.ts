/** A model vendor whose wire format instances speak to the gateway. */
export type VendorName = 'openai' | 'anthropic' | 'google';

/** One thing that can be asked of a vendor, as the gateway offers it. */
export interface Operation {
  method: 'GET' | 'POST';
  /** Path below the vendor's base URL, such as `/chat/completions`. */
  upstreamPath: string;
  /** Query passed to the vendor; never the caller's own, which may hold anything. */
  upstreamQuery?: string;
  /** True where the answer carries tokens that are counted. */
  generates: boolean;
}

/** What the gateway must know of a request before it is passed on. */
export interface RequestFacts {
  /** The request's last word is a person's: it counts as one message of the plan. A tool's result does not. */
  isMessage: boolean;
  /** What is sent to the vendor. */
  body: Buffer;
  /** The vendor was asked for a usage chunk that the caller did not ask for; it must not reach the caller. */
  usageAdded: boolean;
}

/** Tokens of one call. */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  /** The vendor did not tell (all of) it: four characters were taken for a token. */
  estimated: boolean;
}

/** Reads the tokens of one answer while it passes by. */
export interface UsageTally {
  /** One event of a stream, parsed; false when it must not reach the caller. */
  onEvent(event: unknown): boolean;
  /** The whole answer, parsed, where it was no stream. */
  onWhole(answer: unknown): void;
  /** What is known so far; complete after the end of the answer. */
  result(): ReportedUsage;
}

/** What a vendor told, and the text that passed for where it told nothing. */
export interface ReportedUsage {
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  /** Characters of generated text that passed. */
  outputChars: number;
}

/** Why the gateway does not pass on a vendor's answer as it is. */
export type UpstreamProblem = 'key_rejected' | 'account_exhausted' | 'rate_limited' | 'unavailable';

/** A refusal in the gateway's own words, to be put into the vendor's shape. */
export interface Refusal {
  status: 400 | 401 | 404 | 413 | 429;
  message: string;
  /** Seconds after which another try makes sense; sent as `Retry-After`. */
  retryAfterS?: number;
}

/** All that differs from vendor to vendor. */
export interface VendorDialect {
  name: VendorName;
  displayName: string;
  /** The operation behind a path below `/<vendor>`, or undefined where the gateway does not offer it. */
  operation(method: string, path: string, query: URLSearchParams): Operation | undefined;
  authHeaders(key: string): Record<string, string>;
  /** Request headers of the caller that the vendor needs; credentials are never among them. */
  forwardedHeaders: readonly string[];
  /** Headers sent where the caller gave none. */
  defaultHeaders: Record<string, string>;
  readRequest(operation: Operation, body: Record<string, unknown>, raw: Buffer): RequestFacts;
  createTally(usageAdded: boolean): UsageTally;
  errorBody(refusal: Refusal): unknown;
  /** A frame that ends a broken event stream with an error the caller's SDK understands. */
  streamErrorFrame(message: string): string;
}
