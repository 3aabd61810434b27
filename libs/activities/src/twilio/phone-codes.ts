import type { DataSource } from 'typeorm';
import { createOneTimeCode, hashOneTimeCode } from '#database/secrets/one-time-code.js';
import type { PhoneChannel, PhoneMessages } from './phone-messages.js';

export const PHONE_CODE_MINUTES = 10;
export const PHONE_CODE_TRIES = 5;
const SECONDS_BETWEEN = 30;
/** Invalid number; not a mobile one; no route; region not allowed (twilio.com/docs/api/errors). */
const WRONG_NUMBER = new Set([21_211, 21_614, 21_612, 21_408]);

export interface PhoneCodesDeps {
  readonly dataSource: DataSource;
  readonly messages: PhoneMessages;
  /** Keys the hashes of codes; the API verifies with the same. */
  readonly secret: string;
  /** The text with the code in it, and the WhatsApp template of it. */
  readonly write: (locale: 'en' | 'ru', code: string) => { readonly body: string; readonly template: string; readonly variables: Readonly<Record<string, string>> };
}

export type PhoneCodeAnswer =
  | { readonly sent: true; readonly expiresAt: string; readonly channel: PhoneChannel }
  | { readonly sent: false; readonly why: 'no_phone' | 'too_soon' | 'wrong_number' | 'opted_out' | 'unavailable'; readonly retryAfterSeconds?: number };

/** Sends the one-time codes that show that a phone is its user's. Only the hash of a code is stored, and the code is in no log. */
export class PhoneCodes {
  constructor(private readonly deps: PhoneCodesDeps) {}

  /** Makes a new code for the number that the user has given, in place of an older one, and sends it. */
  async send(userId: string): Promise<PhoneCodeAnswer> {
    const { dataSource, messages, secret, write } = this.deps;
    const found: { phone: string; locale: string }[] = await dataSource.query('SELECT c.phone, u.locale FROM phone_consent c JOIN "user" u ON u.id = c.user_id WHERE c.user_id = $1', [userId]);
    const person = found[0];
    if (person === undefined) return { sent: false, why: 'no_phone' };
    const code = createOneTimeCode();
    // Before it is sent: a code whose answer was lost works all the same.
    const hash = hashOneTimeCode(secret, userId, person.phone, code);
    const stored: { expires_at: Date }[] = await dataSource.query(
      `INSERT INTO phone_code AS kept (user_id, phone, code_hash, tries_left, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(mins => $5))
       ON CONFLICT (user_id) DO UPDATE SET phone = EXCLUDED.phone, code_hash = EXCLUDED.code_hash, tries_left = EXCLUDED.tries_left, sent_at = now(), expires_at = EXCLUDED.expires_at
         WHERE kept.sent_at <= now() - make_interval(secs => $6)
       RETURNING expires_at`,
      [userId, person.phone, hash, PHONE_CODE_TRIES, PHONE_CODE_MINUTES, SECONDS_BETWEEN]);
    const row = stored[0];
    if (row === undefined) return { sent: false, why: 'too_soon', retryAfterSeconds: SECONDS_BETWEEN };
    const channel: PhoneChannel = messages.offers('sms') ? 'sms' : 'whatsapp';
    const sent = await messages.send({ channel, phone: person.phone, ...write(person.locale === 'ru' ? 'ru' : 'en', code), statusCallback: null });
    if (sent.ok) return { sent: true, expiresAt: row.expires_at.toISOString(), channel };
    // What was surely not sent may be asked for again at once.
    if (sent.kind !== 'unknown') await dataSource.query('DELETE FROM phone_code WHERE user_id = $1 AND code_hash = $2', [userId, hash]);
    if (sent.kind === 'opted_out') return { sent: false, why: 'opted_out' };
    return sent.kind === 'refused' && sent.code !== null && WRONG_NUMBER.has(sent.code) ? { sent: false, why: 'wrong_number' } : { sent: false, why: 'unavailable', retryAfterSeconds: 60 };
  }
}
