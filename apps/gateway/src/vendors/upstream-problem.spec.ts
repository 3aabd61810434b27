import { describe, expect, it } from 'vitest';
import { limitReachedMessage } from '../limits/message-limits.js';
import { classifyUpstreamError, gatewayBusyRefusal, noKeyRefusal, problemRefusal, retryAfterSeconds } from './upstream-problem.js';
import type { UpstreamProblem } from './vendor.types.js';

describe('classifyUpstreamError', () => {
  it.each<[string, number, string, UpstreamProblem | undefined]>([
    ['OpenAI, wrong key', 401, '{"error":{"code":"invalid_api_key"}}', 'key_rejected'],
    ['OpenAI, no credit', 429, '{"error":{"code":"insufficient_quota"}}', 'account_exhausted'],
    ['OpenAI, too fast', 429, '{"error":{"code":"rate_limit_exceeded"}}', 'rate_limited'],
    ['Anthropic, no credit', 400, 'Your credit balance is too low to access the Anthropic API.', 'account_exhausted'],
    ['Anthropic, overloaded', 529, '{}', 'unavailable'],
    ['Google, wrong key', 400, '{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}', 'key_rejected'],
    ['Google, no quota', 429, 'please check your plan and billing details', 'account_exhausted'],
    ['a router in between', 402, '', 'account_exhausted'],
    ['a redirect', 302, '', 'unavailable'],
    ['a wrong field', 400, 'messages: Field required', undefined],
    ['an unknown model', 404, 'The model does not exist', undefined],
  ])('%s', (_name, status, body, problem) => {
    expect(classifyUpstreamError(status, body)).toBe(problem);
  });
});

describe('wording of refusals', () => {
  const now = new Date('2026-11-02T10:00:00Z');
  const problems: UpstreamProblem[] = ['key_rejected', 'account_exhausted', 'rate_limited', 'unavailable'];
  const sentences = [
    ...problems.flatMap((problem) => ['OpenAI', 'Anthropic', 'Google'].map((vendor) => problemRefusal(problem, vendor, 30).message)),
    noKeyRefusal('OpenAI').message,
    gatewayBusyRefusal().message,
    limitReachedMessage('day', now),
    limitReachedMessage('month', now),
  ];

  it.each(sentences)('reads as a rate limit to OpenClaw, and as nothing else: %s', (sentence) => {
    expect(sentence).toMatch(/rate limit|(daily|monthly) limit reached/i);
    // What OpenClaw takes for money, credentials or a broken server, and punishes with a lock of the provider or a storm of retries.
    expect(sentence).not.toMatch(/402|payment|insufficient|credit|billing|balance|quota|upgrade/i);
    expect(sentence).not.toMatch(/401|403|invalid|incorrect|unauthori[sz]ed|forbidden|authenticat|expired|denied|revoked|disabled|api key/i);
    expect(sentence).not.toMatch(/time(d )?out|overload|unavailable|high demand|connection error|network/i);
  });

  it('always is a 429', () => {
    expect(problems.map((problem) => problemRefusal(problem, 'OpenAI').status)).toEqual([429, 429, 429, 429]);
  });

  it('asks to wait only where waiting helps', () => {
    expect(problems.map((problem) => problemRefusal(problem, 'OpenAI', 7).retryAfterS)).toEqual([undefined, undefined, 7, 30]);
  });
});

describe('retryAfterSeconds', () => {
  it.each([[null, undefined], ['20', 20], ['0.4', 1], ['-1', undefined], ['Wed, 21 Oct 2026 07:28:00 GMT', undefined], ['99999', 3_600]])('%j → %j', (header, seconds) => {
    expect(retryAfterSeconds(header)).toBe(seconds);
  });
});
