import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import type { Answer } from './answer.js';
import type { EmulatorControl, RecordedRequest } from './control.js';
import { EventStream } from './event-stream.js';
import { authHeaderNames, keyBehaviour, maskKey, type KeyBehaviour, type VendorName, type VendorRefusal, type VendorRefusals } from './vendor.js';

export interface EmulatorTiming {
  /** First token of a `slow` key, ms. */
  slowMs: number;
  /** Between two pieces of a streamed answer, ms. */
  pieceDelayMs: number;
}

/** What one vendor's routes need to know of the emulator. */
export interface VendorContext {
  control: EmulatorControl;
  timing: EmulatorTiming;
  name: VendorName;
  refusals: VendorRefusals;
  /** Where this vendor looks for the key. */
  readKey(request: Request): string | undefined;
  /** The response header in which the vendor gives its request id. */
  requestIdHeader?: string;
}

/** One authenticated call under way. */
export interface Exchange {
  request: Request;
  response: Response;
  record: RecordedRequest;
  behaviour: KeyBehaviour;
  requestId: string;
  /** Aborts when the caller leaves. */
  signal: AbortSignal;
  /** Answers with an error in the vendor's words. */
  refuse(refusal: VendorRefusal): void;
  /** Checks the account's credit and waits as long as a slow account does; false when the call was refused. */
  admitGeneration(model: string, stream: boolean): Promise<boolean>;
  /** Answers with a whole body and notes its usage. */
  reply(answer: Answer, body: unknown): void;
  /** Opens a stream; `write` puts the vendor's events on it, and the planned `cut` ends it half way. */
  stream(answer: Answer, write: (events: EventStream, pieces: AsyncIterable<string>) => Promise<void>): Promise<void>;
}

class ConnectionCut extends Error {}

export function newId(prefix: string): string {
  return `${prefix}${randomBytes(12).toString('hex')}`;
}

/**
 * Wraps a vendor's route: records the call, checks the key as the vendor does, plays a planned fault, and only then calls `handle`.
 * Keys are checked before faults are spent, so a wrong key never uses one up.
 */
export function exchangeHandler(context: VendorContext, handle: (exchange: Exchange) => Promise<void> | void): RequestHandler {
  return async (request, response) => {
    const key = context.readKey(request);
    const requestId = newId('req_');
    if (context.requestIdHeader !== undefined) response.setHeader(context.requestIdHeader, requestId);
    const record = context.control.record({
      at: new Date().toISOString(),
      provider: context.name,
      method: request.method,
      path: `${request.baseUrl}${request.path}`,
      key: key === undefined ? null : maskKey(key),
      authHeaders: authHeaderNames(request.headers),
      model: null,
      stream: false,
      usageAsked: false,
      status: null,
      inputTokens: 0,
      outputTokens: 0,
      aborted: false,
    });
    const left = new AbortController();
    response.once('close', () => {
      if (response.writableFinished) return;
      record.aborted = true;
      left.abort();
    });
    const refuse = (refusal: VendorRefusal): void => {
      record.status = refusal.status;
      response.status(refusal.status).set(refusal.headers ?? {}).json(refusal.body);
    };
    if (key === undefined) return refuse(context.refusals.missingKey());
    const behaviour = keyBehaviour(key);
    if (behaviour === 'bad') return refuse(context.refusals.invalidKey(key));
    const fault = context.control.takeFault(context.name);
    if (fault === '429') return refuse(context.refusals.rateLimited());
    if (fault === '500') return refuse(context.refusals.serverError());
    if (fault === 'hang') return;
    const cut = fault === 'cut';
    try {
      await handle(openExchange(context, { request, response, record, behaviour, requestId, signal: left.signal, refuse }, cut));
    } catch (error) {
      if (error instanceof ConnectionCut) response.destroy();
      else if (!left.signal.aborted) throw error;
    }
  };
}

type ExchangeBase = Pick<Exchange, 'request' | 'response' | 'record' | 'behaviour' | 'requestId' | 'signal' | 'refuse'>;

function openExchange(context: VendorContext, base: ExchangeBase, cut: boolean): Exchange {
  const { record, response, signal, behaviour } = base;
  return {
    ...base,
    async admitGeneration(model, stream) {
      record.model = model;
      record.stream = stream;
      if (behaviour === 'exhausted') {
        base.refuse(context.refusals.exhausted());
        return false;
      }
      if (behaviour === 'slow') await delay(context.timing.slowMs, undefined, { signal });
      return true;
    },
    reply(answer, body) {
      if (cut) throw new ConnectionCut();
      record.status = 200;
      record.inputTokens = answer.inputTokens;
      record.outputTokens = answer.outputTokens;
      response.status(200).json(body);
    },
    async stream(answer, write) {
      record.status = 200;
      record.inputTokens = answer.inputTokens;
      const events = new EventStream(response, signal, context.timing.pieceDelayMs);
      await write(events, pacedPieces(answer.pieces, events, cut));
      record.outputTokens = answer.outputTokens;
      events.end();
    },
  };
}

async function* pacedPieces(pieces: readonly string[], events: EventStream, cut: boolean): AsyncGenerator<string> {
  for (const [index, piece] of pieces.entries()) {
    if (cut && index >= pieces.length / 2) throw new ConnectionCut();
    yield piece;
    await events.pause();
  }
}
