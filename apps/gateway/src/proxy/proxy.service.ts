import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { EnvelopeError } from '#database/secrets/envelope.js';
import { SecretNotFoundError } from '#database/secrets/secret-vault.js';
import type { CallerStore, Caller } from '../callers/caller.store.js';
import { credentialInQuery, readToken } from '../callers/caller-token.js';
import type { GatewayMetrics, Outcome } from '../health/gateway.metrics.js';
import { limitReachedMessage, UNLIMITED, usageDay, type PlanLimits } from '../limits/message-limits.js';
import type { UsageStore } from '../usage/usage.store.js';
import type { UsageWriter } from '../usage/usage-writer.js';
import { classifyUpstreamError, gatewayBusyRefusal, noKeyRefusal, problemRefusal, retryAfterSeconds } from '../vendors/upstream-problem.js';
import type { Operation, Refusal, ReportedUsage, RequestFacts, TokenUsage, VendorDialect } from '../vendors/vendor.types.js';
import type { ProxySettings } from './proxy.settings.js';
import { isEventStream, passHeaders, relayEvents, relayWhole } from './relay.js';
import { BadRequestBody, readJsonBody } from './request-body.js';
import { readErrorBody, type UpstreamClient } from './upstream.client.js';
import { Watchdog } from './watchdog.js';

const CHARS_PER_TOKEN = 4;

export interface ProxyParts {
  callers: CallerStore;
  usage: UsageStore;
  writer: UsageWriter;
  limits: PlanLimits;
  upstream: UpstreamClient;
  metrics: GatewayMetrics;
  logger: Logger;
  settings: ProxySettings;
  /** The present; a parameter for tests. */
  now: () => Date;
}

/** One call on its way through the gateway. */
interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  dialect: VendorDialect;
  operation: Operation;
  caller: Caller;
  callerLeft: AbortSignal;
  startedAt: Date;
}

/** A refusal with the name under which it is counted. */
class Refused extends Error {
  readonly refusal: Refusal;
  readonly outcome: Outcome;

  constructor(outcome: Outcome, refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
    this.outcome = outcome;
  }
}

/** Passes a model call of an instance to its vendor: finds the caller, counts, adds the key, streams the answer back, writes the usage. */
export class ProxyService {
  readonly #parts: ProxyParts;
  readonly #callsOfInstance = new Map<string, number>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /**
   * Answers a request whose path below `/<vendor>` is `path`. Never rejects; every refusal has the vendor's own error shape.
   * Nothing of a body, a key or a token is logged.
   */
  async handle(request: IncomingMessage, response: ServerResponse, dialect: VendorDialect, path: string, query: URLSearchParams): Promise<void> {
    const startedAt = this.#parts.now();
    const startedMs = performance.now();
    let instanceId: string | undefined;
    let outcome: Outcome;
    try {
      const operation = this.#operation(request, dialect, path, query);
      const caller = await this.#authenticate(request, dialect);
      instanceId = caller.instanceId;
      const callerLeft = new AbortController();
      response.once('close', () => callerLeft.abort());
      outcome = await this.#withinConcurrency(caller, () => this.#pass({ request, response, dialect, operation, caller, callerLeft: callerLeft.signal, startedAt }));
    } catch (error) {
      outcome = this.#onError(error, response, dialect, instanceId);
    }
    const durationMs = Math.round(performance.now() - startedMs);
    this.#parts.metrics.countRequest(dialect.name, outcome, durationMs / 1000);
    this.#parts.logger.info({ instanceId, vendor: dialect.name, status: response.statusCode, outcome, durationMs }, 'model call');
  }

  #operation(request: IncomingMessage, dialect: VendorDialect, path: string, query: URLSearchParams): Operation {
    const inQuery = credentialInQuery(query);
    if (inQuery !== undefined) {
      const message = `Do not send a key in the address (${inQuery}=): use the header Authorization: Bearer, x-api-key or x-goog-api-key.`;
      throw new Refused('bad_request', { status: 400, message });
    }
    const operation = dialect.operation(request.method ?? '', path, query);
    if (operation === undefined) throw new Refused('bad_request', { status: 404, message: `The gateway does not offer ${request.method} on this address.` });
    return operation;
  }

  async #authenticate(request: IncomingMessage, dialect: VendorDialect): Promise<Caller> {
    const token = readToken(request.headers);
    const caller = token === undefined ? undefined : await this.#parts.callers.find(token, dialect.name);
    if (caller === undefined) throw new Refused('unauthorized', { status: 401, message: 'The gateway does not know this token, or it was revoked.' });
    return caller;
  }

  async #withinConcurrency(caller: Caller, work: () => Promise<Outcome>): Promise<Outcome> {
    const running = this.#callsOfInstance.get(caller.instanceId) ?? 0;
    if (running >= this.#parts.settings.concurrentCallsPerInstance) throw new Refused('too_many_at_once', gatewayBusyRefusal());
    this.#callsOfInstance.set(caller.instanceId, running + 1);
    this.#parts.metrics.inFlight.inc();
    try {
      return await work();
    } finally {
      this.#parts.metrics.inFlight.dec();
      const left = (this.#callsOfInstance.get(caller.instanceId) ?? 1) - 1;
      if (left === 0) this.#callsOfInstance.delete(caller.instanceId);
      else this.#callsOfInstance.set(caller.instanceId, left);
    }
  }

  async #pass(call: Call): Promise<Outcome> {
    const { dialect, operation, caller } = call;
    const facts = await this.#readFacts(call);
    if (caller.keyRef === null) throw new Refused('no_key', noKeyRefusal(dialect.displayName));
    const key = await this.#parts.callers.readKey(caller, caller.keyRef);
    const reservedDay = facts?.isMessage === true ? await this.#reserve(call) : undefined;
    const giveBack = (): void => {
      if (reservedDay === undefined) return;
      this.#parts.writer.write(caller.instanceId, 'release', () => this.#parts.usage.releaseMessage(caller.instanceId, reservedDay));
    };
    const watchdog = new Watchdog(call.callerLeft);
    watchdog.expectWithin(this.#parts.settings.firstByteTimeoutMs);
    try {
      const answer = await this.#openUpstream(call, key, facts, watchdog).catch((error: unknown) => {
        giveBack();
        throw error;
      });
      if (!answer.ok) {
        giveBack();
        return await this.#answerError(call, answer, key);
      }
      return await this.#relay(call, answer, facts, operation, watchdog);
    } finally {
      watchdog.stop();
    }
  }

  async #readFacts(call: Call): Promise<RequestFacts | undefined> {
    if (call.operation.method === 'GET') return undefined;
    const { raw, body } = await readJsonBody(call.request, this.#parts.settings.bodyLimitBytes);
    return call.dialect.readRequest(call.operation, body, raw);
  }

  async #reserve({ caller, startedAt }: Call): Promise<string> {
    const limits = this.#parts.limits.limitsOf(caller.planId, caller.serviceLevel);
    // A plan that the catalogue does not know is our mistake, not the customer's.
    if (limits === undefined) this.#parts.logger.warn({ instanceId: caller.instanceId, planId: caller.planId }, 'plan is not in the catalogue: no limit applied');
    const reservation = await this.#parts.usage.reserveMessage(caller, limits ?? UNLIMITED, startedAt);
    if (!reservation.granted) throw new Refused('limit_reached', { status: 429, message: limitReachedMessage(reservation.window, startedAt) });
    return reservation.day;
  }

  async #openUpstream({ dialect, operation, request, callerLeft }: Call, key: string, facts: RequestFacts | undefined, watchdog: Watchdog): Promise<Response> {
    try {
      return await this.#parts.upstream.open({ dialect, operation, key, callerHeaders: request.headers, body: facts?.body, signal: watchdog.signal });
    } catch (error) {
      if (callerLeft.aborted) throw error;
      throw new Refused('upstream_unavailable', problemRefusal('unavailable', dialect.displayName));
    }
  }

  async #answerError({ dialect, response, caller }: Call, answer: Response, key: string): Promise<Outcome> {
    const body = await readErrorBody(answer);
    const problem = classifyUpstreamError(answer.status, body);
    if (problem !== undefined) {
      this.#parts.logger.warn({ instanceId: caller.instanceId, vendor: dialect.name, upstreamStatus: answer.status, problem }, 'vendor refused');
      const outcome = problem === 'unavailable' ? 'upstream_unavailable' : problem;
      throw new Refused(outcome, problemRefusal(problem, dialect.displayName, retryAfterSeconds(answer.headers.get('retry-after'))));
    }
    passHeaders(answer.headers, response);
    response.statusCode = answer.status;
    response.end(body.replaceAll(key, '***'));
    return 'upstream_refused';
  }

  async #relay(call: Call, answer: Response, facts: RequestFacts | undefined, operation: Operation, watchdog: Watchdog): Promise<Outcome> {
    const { response, dialect, callerLeft } = call;
    const tally = dialect.createTally(facts?.usageAdded === true);
    const streaming = isEventStream(answer.headers);
    passHeaders(answer.headers, response);
    response.setHeader('x-accel-buffering', 'no');
    response.statusCode = answer.status;
    response.flushHeaders();
    watchdog.expectWithin(this.#parts.settings.idleTimeoutMs);
    try {
      if (answer.body !== null) {
        const options = { body: answer.body, response, tally, watchdog, idleTimeoutMs: this.#parts.settings.idleTimeoutMs };
        await (streaming ? relayEvents(options) : relayWhole(options));
      }
      response.end();
      return 'answered';
    } catch {
      if (callerLeft.aborted) return 'caller_left';
      // The head is gone, so the error can only be told inside the stream; a body that is no stream is broken off visibly.
      if (streaming) response.end(dialect.streamErrorFrame(problemRefusal('unavailable', dialect.displayName).message));
      else response.destroy();
      return 'upstream_broke_off';
    } finally {
      if (operation.generates) this.#writeUsage(call, settleUsage(tally.result(), facts?.body.length ?? 0));
    }
  }

  #writeUsage({ caller, dialect, startedAt }: Call, usage: TokenUsage): void {
    this.#parts.metrics.countTokens(dialect.name, usage);
    const { day } = usageDay(startedAt);
    this.#parts.writer.write(caller.instanceId, 'tokens', () => this.#parts.usage.addTokens(caller, day, usage));
  }

  #onError(error: unknown, response: ServerResponse, dialect: VendorDialect, instanceId: string | undefined): Outcome {
    const [outcome, refusal] = this.#explain(error, response, dialect, instanceId);
    if (response.headersSent || response.destroyed) return outcome;
    response.statusCode = refusal.status;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    // The official SDKs would otherwise repeat the call by themselves before anybody is told.
    if (refusal.status === 429) response.setHeader('x-should-retry', 'false');
    if (refusal.retryAfterS !== undefined) response.setHeader('retry-after', String(refusal.retryAfterS));
    if (refusal.status === 413) response.setHeader('connection', 'close');
    response.end(JSON.stringify(dialect.errorBody(refusal)));
    return outcome;
  }

  #explain(error: unknown, response: ServerResponse, dialect: VendorDialect, instanceId: string | undefined): readonly [Outcome, Refusal] {
    if (error instanceof Refused) return [error.outcome, error.refusal];
    if (response.destroyed) return ['caller_left', gatewayBusyRefusal()];
    if (error instanceof BadRequestBody) return ['bad_request', { status: error.status, message: error.message }];
    if (error instanceof SecretNotFoundError) return ['no_key', noKeyRefusal(dialect.displayName)];
    const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
    this.#parts.logger.error({ instanceId, name, code }, 'model call failed');
    if (error instanceof EnvelopeError) return ['key_unreadable', problemRefusal('key_rejected', dialect.displayName)];
    return ['failed', gatewayBusyRefusal()];
  }
}

/** Fills in what the vendor did not tell, at four characters a token. */
export function settleUsage(reported: ReportedUsage, requestBytes: number): TokenUsage {
  return {
    inputTokens: reported.inputTokens ?? Math.ceil(requestBytes / CHARS_PER_TOKEN),
    outputTokens: reported.outputTokens ?? Math.ceil(reported.outputChars / CHARS_PER_TOKEN),
    estimated: reported.inputTokens === undefined || reported.outputTokens === undefined,
  };
}
