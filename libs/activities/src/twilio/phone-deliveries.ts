import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { endConsent, recordMessageTaken } from '#database/notices/delivery-status.js';
import type { PhoneChannel, PhoneMessage, PhoneMessages } from './phone-messages.js';

export interface PhoneDeliveriesDeps {
  readonly dataSource: DataSource;
  readonly messages: PhoneMessages;
  /** Our address for status callbacks, without a query. */
  readonly statusUrl: string;
  readonly logger: Logger;
  /** Waits before the second, third … attempt; when they are used up it is given up. */
  readonly retryDelaysMs?: readonly number[];
}

interface Row {
  id: string; notice_key: string; customer_id: string; user_id: string; channel: PhoneChannel; kind: string; phone: string; body: string; template: string | null;
  variables: Record<string, string>; attempts: number; first_tried_at: Date; was: 'owed' | 'sending'; agreed: boolean;
}

const RETRY_DELAYS_MS = [5_000, 30_000, 120_000, 600_000];
/** Longer than the calls of one attempt may take: after it the attempt counts as lost, and its outcome as unknown. */
const LEASE_SECONDS = 60;
const POLL_MS = 5_000;
const AT_ONCE = 5;

/**
 * Claims what is due, one row to one process. `was` tells what is known of earlier attempts: `owed` = surely not sent, `sending` = nobody knows.
 * Whether the person still agrees is read with it.
 */
const CLAIM = `
  UPDATE notice_delivery d SET state = 'sending', attempts = d.attempts + 1, first_tried_at = COALESCE(d.first_tried_at, now()), next_attempt_at = now() + make_interval(secs => $2), updated_at = now()
    FROM (SELECT id, state AS was FROM notice_delivery WHERE state IN ('owed','sending') AND channel <> 'mail' AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
   WHERE d.id = due.id
  RETURNING d.*, due.was, EXISTS (SELECT 1 FROM phone_consent c WHERE c.user_id = d.user_id AND c.phone = d.phone AND c.channel = d.channel AND c.verified_at IS NOT NULL) AS agreed`;

/**
 * Brings notices to phones, beside the mail that counts: nothing waits for it and nothing fails by it. A row is one message; it is claimed before the call and
 * tried a bounded number of times. Where an answer was lost, the message is looked for at Twilio before it is sent again; its status callback finds it too.
 */
export class PhoneDeliveries {
  private running: Promise<number> | null = null;
  private again = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly retryDelaysMs: readonly number[];

  constructor(private readonly deps: PhoneDeliveriesDeps) {
    this.retryDelaysMs = deps.retryDelaysMs ?? RETRY_DELAYS_MS;
  }

  /** Channels that we have a number for. */
  offers(channel: PhoneChannel): boolean {
    return this.deps.messages.offers(channel);
  }

  /** From now on what is due is sent, at the latest some seconds after it fell due. */
  start(): void {
    this.timer ??= setInterval(() => this.wake(), POLL_MS).unref();
    this.wake();
  }

  /** Resolves when no attempt is under way any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    this.again = false;
    await this.running;
  }

  /** Something may be due: returns at once. */
  wake(): void {
    if (this.running !== null) { this.again = true; return; }
    this.running = this.runDue()
      .catch((error: unknown) => { this.deps.logger.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'notices to phones could not be looked at'); return 0; })
      .finally(() => {
        this.running = null;
        if (this.again) { this.again = false; this.wake(); }
      });
  }

  /** Tries everything that is due now; answers how many attempts were made. */
  async runDue(): Promise<number> {
    for (let tried = 0; ;) {
      const [rows] = await this.deps.dataSource.query(CLAIM, [AT_ONCE, LEASE_SECONDS]) as [Row[], number];
      if (rows.length === 0) return tried;
      await Promise.all(rows.map((row) => this.attempt(row)));
      tried += rows.length;
    }
  }

  private async attempt(row: Row): Promise<void> {
    const message: PhoneMessage = {
      channel: row.channel, phone: row.phone, body: row.body, template: row.template, variables: row.variables,
      // Asked to try again where we do not answer (twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
      statusCallback: `${this.deps.statusUrl}?delivery=${row.id}#rc=5&rp=all`,
    };
    if (row.was === 'sending') {
      const found = await this.deps.messages.findSent(message, row.first_tried_at.getTime()).catch(() => null);
      if (found === null) return this.putOff(row, 'sending', null, 'Twilio did not answer, so nobody knows whether the message was sent.');
      const sid = await this.firstUnclaimed(found);
      if (sid !== null) return this.taken(row, sid);
    }
    if (!row.agreed) return this.settle(row, 'opted_out', null, 'The person does not agree any more.');
    if (row.attempts > this.retryDelaysMs.length + 1) return this.settle(row, 'failed', null, 'Given up: the last attempt was lost and is not to be found at Twilio.');
    const sent = await this.deps.messages.send(message);
    if (sent.ok) return this.taken(row, sent.sid);
    switch (sent.kind) {
      case 'opted_out': return this.optedOut(row, sent.code ?? 0, sent.text);
      case 'refused': return this.settle(row, 'failed', sent.code, sent.text);
      case 'later': return this.putOff(row, 'owed', sent.code, sent.text);
      case 'unknown': return this.putOff(row, 'sending', sent.code, sent.text);
    }
  }

  private async taken(row: Row, sid: string): Promise<void> {
    const ours = await this.deps.dataSource.transaction((manager) => recordMessageTaken(manager, row.id, sid));
    if (!ours) this.deps.logger.warn({ delivery: row.id, sid }, 'a notice went to a phone twice');
  }

  /** `state`: `owed` where it was surely not sent, `sending` where nobody knows. A callback may have told meanwhile: then nothing is put off. */
  private async putOff(row: Row, state: 'owed' | 'sending', code: number | null, text: string): Promise<void> {
    const waitMs = this.retryDelaysMs[row.attempts - 1];
    // Unknown to the end: one more look, without sending, decides it.
    if (waitMs === undefined && (state === 'owed' || row.attempts > this.retryDelaysMs.length + 1)) return this.settle(row, 'failed', code, text);
    await this.deps.dataSource.query(
      `UPDATE notice_delivery SET state = $2, next_attempt_at = now() + make_interval(secs => $3::float8), error_code = $4, error = $5, updated_at = now() WHERE id = $1 AND state = 'sending'`,
      [row.id, state, (waitMs ?? this.retryDelaysMs.at(-1) ?? 0) / 1_000, code, text]);
  }

  private async settle(row: Row, state: 'failed' | 'opted_out', code: number | null, text: string): Promise<void> {
    await this.deps.dataSource.query(`UPDATE notice_delivery SET state = $2, error_code = $3, error = $4, updated_at = now() WHERE id = $1 AND state = 'sending'`, [row.id, state, code, text]);
    this.deps.logger.warn({ delivery: row.id, customerId: row.customer_id, channel: row.channel, kind: row.kind, state, code }, 'a notice did not reach a phone');
  }

  private async optedOut(row: Row, code: number, text: string): Promise<void> {
    await this.deps.dataSource.transaction(async (manager) => {
      await manager.query(`UPDATE notice_delivery SET state = 'opted_out', error_code = $2, error = $3, updated_at = now() WHERE id = $1 AND state = 'sending'`, [row.id, code, text]);
      await endConsent(manager, row.user_id, row.phone, code);
    });
  }

  /** The first message that belongs to no other delivery. */
  private async firstUnclaimed(sids: readonly string[]): Promise<string | null> {
    if (sids.length === 0) return null;
    const known: { provider_id: string }[] = await this.deps.dataSource.query('SELECT provider_id FROM notice_delivery WHERE provider_id = ANY($1)', [sids]);
    return sids.find((sid) => !known.some(({ provider_id: other }) => other === sid)) ?? null;
  }
}
