import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { fromNodeHeaders } from 'better-auth/node';
import type { Response as ExpressResponse } from 'express';
import type { Environment } from '#config/environment.js';
import { Database } from '../database/database.js';
import { invalid, Problem, unavailable, type ProblemBody } from '../http/problem.js';
import { lengthOf } from '../http/text.js';
import { checkText } from '../http/unicode.js';
import { RateLimits } from '../limits/rate-limits.js';
import type { CalledRequest } from '../policy/caller.js';
import { Public } from '../policy/policy.decorators.js';
import { ENVIRONMENT } from '../tokens.js';
import { CLIENT_ADDRESS_HEADER } from './auth-options.js';
import { AuthService } from './auth.service.js';

const LONGEST_TEXT = 2_000;
const MINUTE_SECONDS = 60;
/** Hop-by-hop, or written anew by Express. */
const NOT_PASSED = new Set(['content-length', 'transfer-encoding', 'connection', 'set-cookie', 'x-retry-after']);
/** Requests that guess or mail: their own, lower limit per address. */
const COSTLY = /^\/api\/auth\/(sign-in|sign-up|reset-password|request-password-reset|send-verification-email|change-password|verify-password)/;

/** better-auth's own routes, with our limits before it and our error shape behind it. */
@ApiExcludeController()
@Controller('api/auth')
export class AuthController {
  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly auth: AuthService,
    private readonly limits: RateLimits,
    private readonly database: Database,
  ) {}

  @All('{*path}') @Public()
  async handleAuth(@Req() request: CalledRequest, @Res() response: ExpressResponse): Promise<void> {
    const body: unknown = request.method === 'GET' || request.method === 'HEAD' ? undefined : (request.body ?? {});
    checkInput(body);
    await this.limit(request, body);
    const headers = fromNodeHeaders(request.headers);
    headers.delete('content-length');
    headers.set(CLIENT_ADDRESS_HEADER, request.ip ?? '127.0.0.1');
    const url = new URL(request.originalUrl, this.environment.PUBLIC_URL);
    if (body !== undefined) headers.set('content-type', 'application/json');
    const answer = await this.auth.auth.handler(new Request(url, { method: request.method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }));
    await this.pass(answer, request, response);
  }

  private async limit(request: CalledRequest, body: unknown): Promise<void> {
    if (request.method !== 'POST' || !COSTLY.test(request.path)) return;
    const { RATE_LIMIT_PER_IP } = this.environment;
    const address = request.ip ?? 'unknown';
    const path = request.path.replace(/\/[^/]{20,}$/, '');
    await this.limits.spend(`auth:${path}:${address}`, Math.max(5, Math.ceil(RATE_LIMIT_PER_IP * 0.6)), MINUTE_SECONDS);
    const email = (body as { email?: unknown }).email;
    if (typeof email !== 'string') return;
    // Per account and address, and more widely per account from everywhere: guessing is slowed, and nobody can lock a stranger out for long.
    await this.limits.spend(`auth:${path}:${address}:${email.toLowerCase()}`, Math.max(5, Math.ceil(RATE_LIMIT_PER_IP * 0.2)), MINUTE_SECONDS);
    await this.limits.spend(`auth:${path}:*:${email.toLowerCase()}`, RATE_LIMIT_PER_IP, MINUTE_SECONDS);
  }

  private async pass(answer: Response, request: CalledRequest, response: ExpressResponse): Promise<void> {
    const text = await answer.text();
    // 5xx: better-auth hides the cause; where it is the database this throws, and the filter says 503.
    if (answer.status >= 500) {
      await this.database.rows('SELECT 1');
      if (this.database.authPool.waitingCount > 0) throw unavailable('BUSY', 'Too many people sign in or up at this moment. Nothing was changed; try again shortly.');
      throw new Error(`better-auth answered ${answer.status} at ${request.path}: ${text.slice(0, 200)}`);
    }
    for (const [name, value] of answer.headers) if (!NOT_PASSED.has(name)) response.setHeader(name, value);
    for (const cookie of answer.headers.getSetCookie()) response.append('Set-Cookie', cookie);
    response.setHeader('Cache-Control', 'no-store');
    response.status(answer.status);
    if (answer.status < 400) return void response.send(text);
    response.removeHeader('content-type');
    response.json({ ...problemOfAuth(answer.status, text), requestId: request.id });
  }
}

/** Our shape for better-auth's `{code, message}`; `message` stays for its own clients. */
export function problemOfAuth(status: number, text: string): ProblemBody & { message: string } {
  let given: { code?: unknown; message?: unknown } = {};
  try {
    given = JSON.parse(text) as typeof given;
  } catch {
    // Not JSON, such as the plain 404: the general sentence is told.
  }
  const code = typeof given.code === 'string' ? given.code : status === 404 ? 'NOT_FOUND' : status === 401 ? 'NOT_SIGNED_IN' : status === 403 ? 'FORBIDDEN' : 'BAD_REQUEST';
  const detail = typeof given.message === 'string' && given.message !== '' ? given.message : 'The request was refused.';
  const field = FIELD_OF_CODE[code];
  return { code, detail, message: detail, ...(field === undefined ? {} : { fields: { [field]: detail } }) };
}

const FIELD_OF_CODE: Readonly<Record<string, string>> = {
  INVALID_EMAIL: 'email', PASSWORD_TOO_SHORT: 'password', PASSWORD_TOO_LONG: 'password', INVALID_TOKEN: 'token', USER_ALREADY_EXISTS: 'email', USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'email',
};

/** What better-auth would hand to Postgres unseen: odd Unicode, texts without end, a name that is none. */
export function checkInput(body: unknown): void {
  if (body === undefined) return;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Problem(400, 'VALIDATION_FAILED', 'The body must be a JSON object.');
  checkText(body);
  for (const [field, value] of Object.entries(body)) {
    if (typeof value === 'string' && value.length > LONGEST_TEXT) throw invalid({ [field]: `Use ${LONGEST_TEXT} characters at most.` });
  }
  const { name, email } = body as { name?: unknown; email?: unknown };
  if (name !== undefined && (typeof name !== 'string' || lengthOf(name.trim()) < 1 || lengthOf(name) > 100 || /[\u0000-\u001f\u007f]/.test(name))) throw invalid({ name: 'Give a name of 1 to 100 characters on one line.' });
  if (email !== undefined && (typeof email !== 'string' || email.length > 254)) throw invalid({ email: 'Give an e-mail address of 254 characters at most.' });
}
