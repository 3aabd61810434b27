import { validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import type { MessageStatusEvent } from '#database/notices/delivery-status.js';
import { Problem } from '../http/problem.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SID = /^(SM|MM)[0-9a-f]{32}$/;
const STATUS = /^[a-z_]{2,40}$/;

/**
 * Checks X-Twilio-Signature: HMAC-SHA1 over the public address as Twilio was given it and every parameter by name
 * (twilio.com/docs/usage/webhooks/webhooks-security). It carries no time, so a callback that is replayed must find nothing left to do.
 * Throws a 400 without saying what was wrong; without a token everything is refused.
 * @param address full public URL with its query, without the fragment
 */
export function verifyTwilioSignature(raw: Buffer | undefined, header: string | string[] | undefined, address: string, authToken: string | undefined): URLSearchParams {
  const refused = (): Problem => new Problem(400, 'SIGNATURE_INVALID', 'The signature does not fit the address and the body.');
  if (authToken === undefined || raw === undefined || raw.length === 0 || typeof header !== 'string' || header.length > 100) throw refused();
  const form = new URLSearchParams(raw.toString('utf8'));
  // The package drops what is doubled before it signs: who sends a name twice is not Twilio.
  if (new Set(form.keys()).size !== [...form.keys()].length) throw refused();
  if (!validateRequest(authToken, header, address, Object.fromEntries(form))) throw refused();
  return form;
}

/** Reads what became of a message. Throws a 400 where the (signed) body is no status of one of the account's messages. */
export function readMessageStatus(form: URLSearchParams, accountSid: string | undefined, deliveryId: unknown): MessageStatusEvent {
  const [messageSid, status, errorCode] = [form.get('MessageSid') ?? '', form.get('MessageStatus') ?? '', form.get('ErrorCode') ?? ''];
  if (!SID.test(messageSid) || !STATUS.test(status) || form.get('AccountSid') !== accountSid) throw new Problem(400, 'NOT_A_STATUS', 'The body is no message status of this account.');
  return { messageSid, status, errorCode: /^\d{1,9}$/.test(errorCode) ? Number(errorCode) : null, deliveryId: typeof deliveryId === 'string' && UUID.test(deliveryId) ? deliveryId : null };
}
