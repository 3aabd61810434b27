import type { VendorRefusal, VendorRefusals } from './vendor.js';

/** Error objects as https://platform.openai.com/docs/guides/error-codes shows them. */
export function openaiError(status: number, message: string, type: string, code: string | null, param: string | null = null): VendorRefusal {
  return { status, body: { error: { message, type, param, code } } };
}

function redactKey(key: string): string {
  return key.length <= 12 ? key.replace(/.(?=.{4})/g, '*') : `${key.slice(0, 8)}${'*'.repeat(Math.min(20, key.length - 12))}${key.slice(-4)}`;
}

export const openaiRefusals: VendorRefusals = {
  missingKey: () =>
    openaiError(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.",
      'invalid_request_error',
      null,
    ),
  invalidKey: (key) =>
    openaiError(
      401,
      `Incorrect API key provided: ${redactKey(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      'invalid_request_error',
      'invalid_api_key',
    ),
  exhausted: () =>
    openaiError(
      429,
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  rateLimited: () => ({
    ...openaiError(
      429,
      'Rate limit reached in organization org-sandbox on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more.',
      'requests',
      'rate_limit_exceeded',
    ),
    headers: { 'retry-after': '20', 'x-ratelimit-limit-requests': '3', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' },
  }),
  serverError: () => openaiError(500, 'The server had an error while processing your request. Sorry about that!', 'server_error', null),
};

/** New model names appear faster than lists are kept: any name of the vendor's families is served. */
const SERVED_MODEL = /^(gpt-|o\d|chatgpt-)/;

export function refuseModel(model: unknown): VendorRefusal | undefined {
  if (typeof model !== 'string' || model === '') return openaiError(400, 'you must provide a model parameter', 'invalid_request_error', null);
  if (SERVED_MODEL.test(model)) return undefined;
  return openaiError(404, `The model \`${model}\` does not exist or you do not have access to it.`, 'invalid_request_error', 'model_not_found');
}
