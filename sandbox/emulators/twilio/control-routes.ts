import { randomBytes } from 'node:crypto';
import { json, Router } from 'express';
import type { Carrier } from './carrier.js';
import { FAULT_KINDS, type FaultKind, type Faults } from './faults.js';
import type { Message, Records } from './records.js';
import { RestError } from './rest-error.js';

/** What a person writes to be left alone, or to be written to again (Twilio's default keywords). */
const STOP = new Set(['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT']);
const START = new Set(['START', 'YES', 'UNSTOP']);

/** `/_emulator`: what a person or a test does behind Twilio's back. Errors have Twilio's shape too. */
export function controlRoutes(records: Records, carrier: Carrier, faults: Faults, account: { sid: string; smsFrom: string; whatsappFrom: string }): Router {
  const router = Router();
  router.use(json());

  /** What went to and came from a number, newest first; `to` with or without `whatsapp:`. */
  router.get('/messages', (request, response) => {
    const { to } = request.query;
    const bare = (address: string): string => address.replace('whatsapp:', '');
    const found = records.newest().filter((message) => typeof to !== 'string' || bare(message.to) === bare(to.replace(/^ /, '+')));
    response.json(found.map((message) => ({
      sid: message.sid, channel: message.to.startsWith('whatsapp:') || message.from.startsWith('whatsapp:') ? 'whatsapp' : 'sms', from: message.from, to: message.to, text: message.body, status: message.status,
      errorCode: message.errorCode, contentSid: message.contentSid, template: message.contentSid === null ? null : (records.templates.get(message.contentSid)?.friendlyName ?? null),
      direction: message.direction, at: new Date(message.createdAtMs).toISOString(),
    })));
  });

  /** A person writes to us: `{from, text, channel?}`. STOP and START do what they do at Twilio. Not yet sent on to a webhook. */
  router.post('/inbound', (request, response) => {
    const { from, text, channel = 'sms' } = (request.body ?? {}) as { from?: unknown; text?: unknown; channel?: unknown };
    if (typeof from !== 'string' || typeof text !== 'string' || (channel !== 'sms' && channel !== 'whatsapp')) throw new RestError(400, 20001, 'wants {from, text, channel: sms or whatsapp}');
    const [person, us] = channel === 'sms' ? [from, account.smsFrom] : [`whatsapp:${from}`, `whatsapp:${account.whatsappFrom}`];
    const word = text.trim().toUpperCase();
    if (STOP.has(word)) records.optOut(us, person, true);
    if (START.has(word)) records.optOut(us, person, false);
    const nowMs = Date.now();
    const message: Message = {
      sid: `SM${randomBytes(16).toString('hex')}`, accountSid: account.sid, from: person, to: us, body: text, status: 'received', direction: 'inbound', messagingServiceSid: null, contentSid: null,
      contentVariables: null, statusCallback: null, fate: null, errorCode: null, createdAtMs: nowMs, updatedAtMs: nowMs, sentAtMs: nowMs,
    };
    records.write({ kind: 'message', id: message.sid, value: message });
    response.status(201).json({ sid: message.sid });
  });

  router.get('/templates', (_request, response) => void response.json([...records.templates.values()]));
  router.get('/state', (_request, response) => void response.json({ pending: carrier.pending(), messages: records.messages.size, templates: records.templates.size }));

  router.get('/faults', (_request, response) => void response.json(faults.list()));
  router.post('/faults', (request, response) => {
    const { kind, count = 1, method, path, amount } = (request.body ?? {}) as Record<string, unknown>;
    if (!(FAULT_KINDS as readonly unknown[]).includes(kind)) throw new RestError(400, 20001, `kind must be one of ${FAULT_KINDS.join(', ')}`);
    if (!Number.isInteger(count) || (count as number) < 1) throw new RestError(400, 20001, 'count must be a whole number of at least 1');
    faults.add({
      kind: kind as FaultKind, count: count as number, ...(typeof method === 'string' ? { method } : {}), ...(typeof path === 'string' ? { path } : {}), ...(typeof amount === 'number' ? { amount } : {}),
    });
    response.status(201).json(faults.list());
  });
  router.delete('/faults', (_request, response) => { faults.clear(); response.json([]); });
  return router;
}
