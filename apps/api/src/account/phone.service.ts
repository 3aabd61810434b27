import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { twilioSettings, type Environment } from '#config/environment.js';
import { INTERNAL_TOKEN_HEADER, internalToken } from '#config/internal-token.js';
import { isOneTimeCode } from '#database/secrets/one-time-code.js';
import { Database } from '../database/database.js';
import { conflict, invalid, Problem, unavailable } from '../http/problem.js';
import { RateLimits } from '../limits/rate-limits.js';
import { ENVIRONMENT } from '../tokens.js';
import type { NoticeChannel, PhoneCodeSentDto } from './phone.dto.js';

const ANSWER_MS = 15_000;
const HOUR_SECONDS = 3_600;
const CODES_PER_HOUR = 5;

export interface PhoneView { phone: string | null; phoneVerified: boolean; noticeChannel: NoticeChannel; noticeConsentAt: string | null }
interface ConsentRow { phone: string; verified_at: Date | null; channel: NoticeChannel; consented_at: Date | null }
/** Undefined = leave as it is; a phone of null takes it away. */
export interface PhoneChanges { phone?: string | null | undefined; noticeChannel?: NoticeChannel | undefined }

/** The worker's answer to the wish for a code (libs/activities/src/twilio/phone-codes.ts). */
interface CodeAnswer { sent: boolean; why?: string; channel?: 'whatsapp' | 'sms'; expiresAt?: string; retryAfterSeconds?: number }

/** A person's phone: which it is, that it is theirs, and what they agree to get on it. */
@Injectable()
export class PhoneService {
  constructor(private readonly database: Database, private readonly limits: RateLimits, @Inject(ENVIRONMENT) private readonly environment: Environment) {}

  async read(userId: string): Promise<PhoneView> {
    const row = await this.database.row<ConsentRow>('SELECT phone, verified_at, channel, consented_at FROM phone_consent WHERE user_id = $1', [userId]);
    if (row === null) return { phone: null, phoneVerified: false, noticeChannel: 'none', noticeConsentAt: null };
    return { phone: row.phone, phoneVerified: row.verified_at !== null, noticeChannel: row.channel, noticeConsentAt: row.channel === 'none' ? null : (row.consented_at?.toISOString() ?? null) };
  }

  /**
   * Changes number and channel. Choosing a channel is the consent to it, and its time is kept; another number has to be verified anew, and gets nothing before.
   * 400 with the field where a channel lacks a number or is not offered here.
   */
  async change(userId: string, { phone, noticeChannel }: PhoneChanges): Promise<void> {
    if (phone === undefined && noticeChannel === undefined) return;
    this.requireOffered(noticeChannel);
    await this.database.transaction(async (manager) => {
      if (phone === null) {
        if (noticeChannel !== undefined && noticeChannel !== 'none') throw invalid({ noticeChannel: 'Notices need a phone: give a number, or set noticeChannel to none.' });
        await manager.query('DELETE FROM phone_code WHERE user_id = $1', [userId]);
        await manager.query('DELETE FROM phone_consent WHERE user_id = $1', [userId]);
        return;
      }
      if (phone !== undefined) await this.setPhone(manager, userId, phone);
      if (noticeChannel !== undefined) await this.setChannel(manager, userId, noticeChannel);
    });
  }

  /** Has a code sent to the number. 409 NO_PHONE, OPTED_OUT, PHONE_NOTICES_OFF; 400 on a number that gets no messages; 429; 503. */
  async sendCode(userId: string): Promise<PhoneCodeSentDto> {
    this.requireOn();
    const { phone } = await this.read(userId);
    if (phone === null) throw noPhone();
    // By person, and by number: nobody is to be bothered with codes from many accounts.
    await this.limits.spend(`phone-code:user:${userId}`, CODES_PER_HOUR, HOUR_SECONDS);
    await this.limits.spend(`phone-code:number:${phone}`, CODES_PER_HOUR, HOUR_SECONDS);
    const answer = await this.askWorker(userId);
    if (answer.sent && answer.channel !== undefined && answer.expiresAt !== undefined) return { channel: answer.channel, sentTo: masked(phone), expiresAt: answer.expiresAt };
    switch (answer.why) {
      case 'no_phone': throw noPhone();
      case 'wrong_number': throw invalid({ phone: 'This number gets no messages. Give a mobile number with its country code, such as +4915112345678.' });
      case 'opted_out': throw conflict('OPTED_OUT', 'This number has opted out of our messages. Send START to the number they came from, then try again.');
      case 'too_soon': throw new Problem(429, 'TOO_MANY_REQUESTS', `A code has just been sent. Ask for another in ${answer.retryAfterSeconds ?? 30} seconds.`, undefined, answer.retryAfterSeconds ?? 30);
      default: throw away();
    }
  }

  /** Takes a code: right = the number is verified. Each wrong one costs one of five tries. 400 with the field. */
  async confirm(userId: string, code: string): Promise<void> {
    // The try is spent before the code is looked at, so that guesses at once count each.
    const spent = await this.database.rows<{ phone: string; code_hash: Buffer; tries_left: number }>(
      `WITH spent AS (UPDATE phone_code SET tries_left = tries_left - 1 WHERE user_id = $1 AND tries_left > 0 AND expires_at > now() RETURNING phone, code_hash, tries_left) SELECT * FROM spent`, [userId]);
    const row = spent[0];
    if (row === undefined) throw invalid({ code: 'There is no code to enter any more: it has been used, is older than 10 minutes, or was entered wrong 5 times. Ask for a new one.' });
    if (!isOneTimeCode(row.code_hash, this.environment.AUTH_SECRET, userId, row.phone, code)) {
      throw invalid({ code: row.tries_left > 0 ? `This is not the code that was sent. ${row.tries_left} ${row.tries_left === 1 ? 'try is' : 'tries are'} left.` : 'This is not the code that was sent. Ask for a new one.' });
    }
    const verified = await this.database.transaction(async (manager) => {
      const [, used] = await manager.query('DELETE FROM phone_code WHERE user_id = $1 AND code_hash = $2', [userId, row.code_hash]) as [unknown, number];
      if (used === 0) return 0;
      const [, count] = await manager.query('UPDATE phone_consent SET verified_at = now(), updated_at = now() WHERE user_id = $1 AND phone = $2', [userId, row.phone]) as [unknown, number];
      return count;
    });
    if (verified === 0) throw invalid({ code: 'The number was changed after this code was sent. Ask for a new one.' });
  }

  private async setPhone(manager: EntityManager, userId: string, phone: string): Promise<void> {
    await manager.query(
      `INSERT INTO phone_consent AS kept (user_id, phone) VALUES ($1, $2)
       ON CONFLICT (user_id) DO UPDATE SET phone = EXCLUDED.phone, verified_at = NULL, opted_out_at = NULL, opt_out_code = NULL, updated_at = now() WHERE kept.phone <> EXCLUDED.phone`, [userId, phone]);
  }

  private async setChannel(manager: EntityManager, userId: string, channel: NoticeChannel): Promise<void> {
    const [, changed] = await manager.query(
      `UPDATE phone_consent SET channel = $2, consented_at = CASE WHEN $2 = 'none' THEN consented_at WHEN channel = $2 THEN consented_at ELSE now() END,
              opted_out_at = CASE WHEN $2 = 'none' THEN opted_out_at END, opt_out_code = CASE WHEN $2 = 'none' THEN opt_out_code END, updated_at = now()
        WHERE user_id = $1`, [userId, channel]) as [unknown, number];
    if (changed === 0 && channel !== 'none') throw invalid({ noticeChannel: 'Notices need a phone: give phone together with noticeChannel.' });
  }

  private requireOffered(channel: NoticeChannel | undefined): void {
    if (channel === undefined || channel === 'none') return;
    const settings = twilioSettings(this.environment);
    const offered = settings === null ? [] : [...(settings.whatsappFrom === null ? [] : ['whatsapp']), ...(settings.smsFrom === null ? [] : ['sms'])];
    if (!offered.includes(channel)) throw invalid({ noticeChannel: offered.length === 0 ? 'Notices come by mail only here: set noticeChannel to none.' : `noticeChannel must be none or ${offered.join(' or ')} here.` });
  }

  private requireOn(): void {
    if (twilioSettings(this.environment) === null) throw conflict('PHONE_NOTICES_OFF', 'Notices come by mail only here, so no number can be verified.');
  }

  private async askWorker(userId: string): Promise<CodeAnswer> {
    const { WORKER_INTERNAL_PORT, AUTH_SECRET } = this.environment;
    try {
      const response = await fetch(`http://127.0.0.1:${WORKER_INTERNAL_PORT}/internal/phone-codes`, {
        method: 'POST', headers: { [INTERNAL_TOKEN_HEADER]: internalToken(AUTH_SECRET, 'worker'), 'content-type': 'application/json' }, body: JSON.stringify({ userId }), signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!response.ok) throw away();
      return (await response.json()) as CodeAnswer;
    } catch (error) {
      throw error instanceof Problem ? error : away();
    }
  }
}

const noPhone = (): Problem => conflict('NO_PHONE', 'There is no number to verify: give one first (PATCH /users/me with phone).', { phone: 'Give a number with its country code, such as +4915112345678.' });
const away = (): Problem => unavailable('CODE_NOT_SENT', 'The code could not be sent at the moment. Try again in a minute.', 60);
const masked = (phone: string): string => `${phone.slice(0, 3)} … ${phone.slice(-2)}`;
