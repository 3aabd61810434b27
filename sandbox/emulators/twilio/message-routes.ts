import { randomBytes } from 'node:crypto';
import { Router, type Request } from 'express';
import type { Carrier } from './carrier.js';
import type { Faults } from './faults.js';
import type { Message, Records, Template } from './records.js';
import { REFUSALS, RestError } from './rest-error.js';

const E164 = /^\+[1-9]\d{6,14}$/;
const WHATSAPP = 'whatsapp:';
const LONGEST_BODY = 1_600;
/** Free-form text to WhatsApp is allowed that long after the person last wrote. */
const WINDOW_MS = 24 * 3_600_000;

/** Twilio's numbers for test credentials: who sends to them gets this error (twilio.com/docs/iam/test-credentials). */
const MAGIC: Readonly<Record<string, [status: number, code: number, why: string]>> = {
  '+15005550001': [400, 21211, "Invalid 'To' Phone Number"],
  '+15005550002': [400, 21612, "Message cannot be sent with the current combination of 'To' and 'From' parameters"],
  '+15005550003': [400, 21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"],
  '+15005550004': [400, 21610, 'Attempt to send to unsubscribed recipient'],
  '+15005550009': [400, 21614, "'To' number is not a valid mobile number"],
};

export interface Account { sid: string; smsFrom: string; whatsappFrom: string }

/** `/2010-04-01/Accounts/:sid/Messages`. */
export function messageRoutes(records: Records, carrier: Carrier, faults: Faults, account: Account): Router {
  const router = Router();

  router.post('/Messages.json', (request, response) => {
    const message = read(request, records, account);
    const undelivered = faults.take(['undelivered'], 'POST', message.to);
    const kept: Message = undelivered === undefined ? message : { ...message, fate: { status: 'undelivered', code: undelivered.amount ?? 30_003 } };
    records.write({ kind: 'message', id: kept.sid, value: kept });
    carrier.carry(kept);
    response.status(201).json(viewOf(kept));
  });

  router.get('/Messages/:sid.json', (request, response) => {
    const message = records.messages.get(request.params.sid);
    if (message === undefined) throw REFUSALS.notFound(request.originalUrl.split('?')[0] ?? '');
    response.json(viewOf(message));
  });

  router.get('/Messages.json', (request, response) => {
    const { To, From, PageSize, Page } = request.query as Readonly<Record<string, string | undefined>>;
    const size = Math.min(Math.max(Number(PageSize ?? 50) || 50, 1), 1_000);
    const page = Math.max(Number(Page ?? 0) || 0, 0);
    const found = records.newest().filter((message) => (To === undefined || message.to === To) && (From === undefined || message.from === From) && sentWhen(message, request.query));
    const here = request.originalUrl.split('?')[0] ?? '';
    const uri = (number: number): string => `${here}?${new URLSearchParams({ ...(request.query as Record<string, string>), PageSize: String(size), Page: String(number), PageToken: `PASM${number}` }).toString()}`;
    const shown = found.slice(page * size, (page + 1) * size);
    response.json({
      messages: shown.map(viewOf), page, page_size: size, start: page * size, end: page * size + Math.max(shown.length - 1, 0), uri: uri(page), first_page_uri: uri(0),
      next_page_uri: found.length > (page + 1) * size ? uri(page + 1) : null, previous_page_uri: page > 0 ? uri(page - 1) : null,
    });
  });
  return router;
}

/** Reads and checks what is to be sent, with the codes of Twilio. */
function read(request: Request, records: Records, account: Account): Message {
  const form = request.body as Readonly<Record<string, string | undefined>>;
  const { To: to, Body: body, ContentSid: contentSid, ContentVariables, MessagingServiceSid: service, StatusCallback: statusCallback } = form;
  if (to === undefined || to === '') throw new RestError(400, 21604, "A 'To' phone number is required.");
  const from = form['From'] ?? (service === undefined ? undefined : to.startsWith(WHATSAPP) ? WHATSAPP + account.whatsappFrom : account.smsFrom);
  if (from === undefined || from === '') throw new RestError(400, 21603, "A 'From' phone number is required.");
  const bare = to.replace(WHATSAPP, '');
  if (!E164.test(bare)) throw new RestError(400, 21211, `Invalid 'To' Phone Number: ${bare.slice(0, 6)}XXXX`);
  const magic = MAGIC[bare];
  if (magic !== undefined) throw new RestError(...magic);
  if (from.startsWith(WHATSAPP) !== to.startsWith(WHATSAPP)) throw new RestError(400, 21910, "Invalid From and To pair. From and To should be of the same channel");
  if (from.startsWith(WHATSAPP) && from !== WHATSAPP + account.whatsappFrom) throw new RestError(400, 63007, 'Twilio could not find a Channel with the specified From address');
  if (!from.startsWith(WHATSAPP) && from !== account.smsFrom) throw new RestError(400, 21606, `The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination`);
  if (records.isOptedOut(from, to)) throw new RestError(400, 21610, 'Attempt to send to unsubscribed recipient');
  if (ContentVariables !== undefined && contentSid === undefined) throw new RestError(400, 21654, 'ContentSid Required');
  const template = contentSid === undefined ? null : (records.templates.get(contentSid) ?? null);
  if (contentSid !== undefined && template === null) throw new RestError(400, 21655, 'The ContentSid is Invalid');
  const variables = template === null ? null : variablesOf(template, ContentVariables);
  const text = template === null ? (body ?? '') : template.body.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables?.[name] ?? '');
  if (text === '') throw new RestError(400, 21602, 'Message body is required.');
  if (text.length > LONGEST_BODY) throw new RestError(400, 21617, 'The concatenated message body exceeds the 1600 character limit');
  if (statusCallback !== undefined && !URL.canParse(statusCallback)) throw new RestError(400, 21609, `The 'StatusCallback' URL ${statusCallback.slice(0, 100)} is not a valid URL.`);
  const nowMs = Date.now();
  return {
    sid: `SM${randomBytes(16).toString('hex')}`, accountSid: account.sid, from, to, body: text, status: 'queued', direction: 'outbound-api', messagingServiceSid: service ?? null,
    contentSid: contentSid ?? null, contentVariables: variables, statusCallback: statusCallback ?? null, errorCode: null, createdAtMs: nowMs, updatedAtMs: nowMs, sentAtMs: null,
    // WhatsApp takes free text outside the window, and fails it afterwards.
    fate: to.startsWith(WHATSAPP) && template === null && !windowIsOpen(records, from, to, nowMs) ? { status: 'failed', code: 63_016 } : null,
  };
}

function variablesOf(template: Template, given: string | undefined): Readonly<Record<string, string>> {
  let told: unknown = {};
  try {
    told = given === undefined ? {} : JSON.parse(given);
  } catch {
    throw new RestError(400, 21656, 'The ContentVariables Parameter is invalid.');
  }
  const values = typeof told === 'object' && told !== null && !Array.isArray(told) ? Object.entries(told) : null;
  if (values === null || values.some(([, value]) => typeof value !== 'string' || value === '')) throw new RestError(400, 21656, 'The ContentVariables Parameter is invalid.');
  return { ...template.variables, ...(Object.fromEntries(values) as Record<string, string>) };
}

const windowIsOpen = (records: Records, from: string, to: string, nowMs: number): boolean =>
  [...records.messages.values()].some((message) => message.direction === 'inbound' && message.from === to && message.to === from && nowMs - message.createdAtMs < WINDOW_MS);

/** `DateSent`, `DateSent<` and `DateSent>` take a day or an instant; a message that was not sent yet has no such date. */
function sentWhen({ sentAtMs }: Message, query: Request['query']): boolean {
  const bound = (name: string): number | null => (typeof query[name] === 'string' ? Date.parse(query[name]) : null);
  const [on, before, after] = [bound('DateSent'), bound('DateSent<'), bound('DateSent>')];
  if (on === null && before === null && after === null) return true;
  if (sentAtMs === null) return false;
  return (before === null || sentAtMs <= before) && (after === null || sentAtMs >= after) && (on === null || new Date(on).toISOString().slice(0, 10) === new Date(sentAtMs).toISOString().slice(0, 10));
}

const rfc2822 = (atMs: number): string => new Date(atMs).toUTCString().replace('GMT', '+0000');

/** A message as Twilio shows it. */
export function viewOf(message: Message): object {
  const { sid, accountSid } = message;
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${sid}`;
  return {
    sid, account_sid: accountSid, api_version: '2010-04-01', body: message.body, from: message.from, to: message.to, direction: message.direction, status: message.status,
    date_created: rfc2822(message.createdAtMs), date_updated: rfc2822(message.updatedAtMs), date_sent: message.sentAtMs === null ? null : rfc2822(message.sentAtMs),
    error_code: message.errorCode, error_message: null, messaging_service_sid: message.messagingServiceSid, num_media: '0', num_segments: String(segments(message.body)),
    price: null, price_unit: 'USD', uri: `${uri}.json`, subresource_uris: { media: `${uri}/Media.json` },
  };
}

/** By the alphabet: 160 characters of GSM-7 (153 in parts), else 70 (67). */
function segments(body: string): number {
  const [one, part] = /^[\n\r\x20-\x5f\x61-\x7e£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà¤¡€]*$/.test(body) ? [160, 153] : [70, 67];
  return body.length <= one ? 1 : Math.ceil(body.length / part);
}
