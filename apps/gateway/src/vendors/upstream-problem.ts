import type { Refusal, UpstreamProblem } from './vendor.types.js';

const NO_CREDIT = /insufficient_quota|credit balance|billing|payment required/i;
const KEY_NOT_VALID = /API_KEY_INVALID|api key (not valid|expired)|invalid_api_key/i;
/** How long a caller is asked to wait when the vendor does not say. */
const DEFAULT_RETRY_AFTER_S = 20;
const UNAVAILABLE_RETRY_AFTER_S = 30;
const MAX_RETRY_AFTER_S = 3_600;

/**
 * Reads what a vendor's error is about; undefined for an error that is the caller's own (a wrong field, an unknown model) and is passed on as it is.
 * Vendors disagree: Anthropic tells an empty balance as 400, Google a wrong key as 400, OpenAI an empty balance as 429.
 */
export function classifyUpstreamError(status: number, body: string): UpstreamProblem | undefined {
  if (status >= 500 || status === 408 || (status >= 300 && status < 400)) return 'unavailable';
  if (status === 402) return 'account_exhausted';
  if (status === 401 || status === 403) return 'key_rejected';
  if (status === 429) return NO_CREDIT.test(body) ? 'account_exhausted' : 'rate_limited';
  if (status === 400 && NO_CREDIT.test(body)) return 'account_exhausted';
  if (status === 400 && KEY_NOT_VALID.test(body)) return 'key_rejected';
  return undefined;
}

/** Reads a vendor's `Retry-After` given in seconds. */
export function retryAfterSeconds(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.ceil(seconds), MAX_RETRY_AFTER_S) : undefined;
}

/**
 * Says a vendor's problem as a rate limit. OpenClaw shows the sentence to the person who wrote and accepts the next message at once; told as a matter of
 * money, credentials or a broken server it would lock the provider for ten minutes, or repeat the call eight times over seventy seconds.
 * So the words of those three are avoided here.
 *
 * @param vendor the vendor's name as people know it
 * @param retryAfterS what the vendor asked for, seconds
 */
export function problemRefusal(problem: UpstreamProblem, vendor: string, retryAfterS?: number): Refusal {
  switch (problem) {
    case 'key_rejected':
      return limited(`Rate limit: ${vendor} takes no requests with the key of this assistant. Its owner should check the ${vendor} key in the dashboard, then write again.`);
    case 'account_exhausted':
      return limited(`Rate limit: the ${vendor} account of this assistant has nothing left for now. Its owner should check the ${vendor} key and account, then write again.`);
    case 'rate_limited': {
      const waitS = retryAfterS ?? DEFAULT_RETRY_AFTER_S;
      return limited(`Rate limit of ${vendor} reached. Please write again in ${waitS} seconds.`, waitS);
    }
    case 'unavailable':
      return limited(`Rate limit: ${vendor} gives no answers at the moment. Please write again in ${UNAVAILABLE_RETRY_AFTER_S} seconds.`, UNAVAILABLE_RETRY_AFTER_S);
  }
}

/** No key of this vendor is stored for the customer. */
export function noKeyRefusal(vendor: string): Refusal {
  return limited(`Rate limit: this assistant has no ${vendor} key yet. Its owner should add one in the dashboard, then write again.`);
}

/** The gateway itself cannot work for the moment. */
export function gatewayBusyRefusal(): Refusal {
  return limited('Rate limit: too much is going on at the moment. Please write again in 10 seconds.', 10);
}

function limited(message: string, retryAfterS?: number): Refusal {
  return { status: 429, message, ...(retryAfterS === undefined ? {} : { retryAfterS }) };
}
