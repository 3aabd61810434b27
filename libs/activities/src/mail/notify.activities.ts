import { createHash, randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { SendMailOptions } from 'nodemailer';
import type { Logger } from 'pino';
import type { DataSource, EntityManager } from 'typeorm';
import { NEXT_STEP_CODES, type NextStepCode, type NoticeKind } from '#domain/lifecycle/lifecycle.types.js';
import type { Catalogue } from '#domain/plan/plan.types.js';
import type { NotifyPort } from '#workflows/ports/notify.port.js';
import { loadPhoneReaders, loadReader, type Reader } from './notice-reader.js';
import { renderNotice, type NoticeInput as Facts, type NoticeLocale } from './render-notice.js';
import { renderShortNotice, type ShortTemplate } from './short-notice.js';

/** The part of a nodemailer transporter that is used; `createTransport(SMTP_URL)` gives one. */
export interface MailTransport {
  sendMail(mail: SendMailOptions): Promise<unknown>;
}

/** Notices to phones: what is written for them, and who brings them there (libs/activities/src/twilio). */
export interface PhoneNotices {
  readonly templates: Readonly<Record<NoticeKind, Readonly<Record<NoticeLocale, ShortTemplate>>>>;
  readonly deliveries: { offers(channel: 'whatsapp' | 'sms'): boolean; wake(): void };
}

export interface NotifyDeps {
  readonly dataSource: DataSource;
  readonly transport: MailTransport;
  /** `Clawkeep <hello@…>`. */
  readonly from: string;
  readonly publicUrl: string;
  readonly catalogue: Catalogue;
  readonly logger: Logger;
  /** null or left out = no phone is reached. */
  readonly phones?: PhoneNotices | null;
}

/** Keys whose mail the server has taken and whose row could not say so yet: while this process lives, they are noted down and not sent again. */
type Accepted = Map<string, Date>;
type NoticeInput = Parameters<NotifyPort['sendNotice']>[0];

/** Mail to the people of a customer: one row and one Message-ID a key. */
export function createNotifyActivities(deps: NotifyDeps): NotifyPort {
  const accepted: Accepted = new Map();
  return { sendNotice: (input) => sendNotice(deps, accepted, input) } satisfies NotifyPort;
}

/**
 * Sends a notice by mail and answers when; what goes to phones is owed with the same commit and brought there beside it, so that no phone holds up
 * or fails a notice. The row is written before the mail goes out, so a second call of a key that was sent sends nothing. A crash
 * of the worker between the mail server's yes and our note of it sends it again, under the same Message-ID: at least once, and recognisable.
 * A database that goes away in between does not: the yes is remembered.
 */
async function sendNotice(deps: NotifyDeps, accepted: Accepted, input: NoticeInput): Promise<{ sentAtMs: number }> {
  const reader = await loadReader(deps.dataSource, input.customerId, input.instanceId ?? null);
  if (reader === null) throw ApplicationFailure.nonRetryable('The customer has no owner with an address.', 'NO_RECIPIENT');
  const facts = factsOf(deps, input, reader);
  const mail = renderNotice(facts);
  const sentBefore = await begin(deps.dataSource, input, mail.subject);
  if (sentBefore !== null) return { sentAtMs: sentBefore.getTime() };
  try {
    // One at a time a key: the call of a worker that was given up may still be sending while the next attempt runs.
    const sent = await deps.dataSource.transaction(async (manager) => {
      const rows: { sent_at: Date | null }[] = await manager.query('SELECT sent_at FROM notice WHERE key = $1 FOR UPDATE', [input.key]);
      const sentMeanwhile = rows[0]?.sent_at ?? null;
      if (sentMeanwhile !== null) return { sentAtMs: sentMeanwhile.getTime() };
      if (!accepted.has(input.key)) {
        await deps.transport.sendMail({
          from: deps.from, to: reader.email, subject: mail.subject, text: mail.text, html: mail.html,
          messageId: messageId(input.key, deps.from), headers: { 'Auto-Submitted': 'auto-generated', 'X-Clawkeep-Notice': input.kind },
        });
        accepted.set(input.key, new Date());
      }
      const sentAt = accepted.get(input.key) ?? new Date();
      await manager.query(`UPDATE notice SET state = 'sent', sent_at = $2, error = NULL WHERE key = $1`, [input.key, sentAt]);
      await noteMail(manager, input, reader, messageId(input.key, deps.from));
      await oweToPhones(manager, deps.phones ?? null, input, facts);
      return { sentAtMs: sentAt.getTime() };
    });
    accepted.delete(input.key);
    deps.phones?.deliveries.wake();
    return sent;
  } catch (error) {
    const failure = toMailFailure(error);
    await deps.dataSource.query(`UPDATE notice SET state = 'failed', error = $2 WHERE key = $1 AND state <> 'sent'`, [input.key, failure.message]);
    deps.logger.warn({ kind: input.kind, customerId: input.customerId, type: failure.type }, 'a notice was not sent');
    throw failure;
  }
}

/** The row before the mail, where the move has not written it already; answers when it was sent if it was. */
async function begin(dataSource: DataSource, input: NoticeInput, subject: string): Promise<Date | null> {
  const rows: { sent_at: Date | null }[] = await dataSource.query(
    `INSERT INTO notice AS kept (key, customer_id, instance_id, kind, subject, data, state, attempts) VALUES ($1, $2, $3, $4, $5, $6, 'sending', 1)
     ON CONFLICT (key) DO UPDATE SET
       state = CASE WHEN kept.state = 'sent' THEN 'sent' ELSE 'sending' END,
       subject = CASE WHEN kept.state = 'sent' THEN kept.subject ELSE EXCLUDED.subject END,
       attempts = kept.attempts + CASE WHEN kept.state = 'sent' THEN 0 ELSE 1 END
     RETURNING sent_at`,
    [input.key, input.customerId, input.instanceId ?? null, input.kind, subject, JSON.stringify(input.data)],
  );
  return rows[0]?.sent_at ?? null;
}

const INSERT_DELIVERY = `INSERT INTO notice_delivery (id, notice_key, customer_id, user_id, channel, kind, phone, body, template, variables, state, attempts, provider_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`;

/** The mail stands beside the messages to phones, for who asks what was sent to whom. */
async function noteMail(manager: EntityManager, { key, customerId, kind }: NoticeInput, reader: Reader, id: string): Promise<void> {
  await manager.query(INSERT_DELIVERY, [randomUUID(), key, customerId, reader.userId, 'mail', kind, null, '', null, '{}', 'sent', 1, id]);
}

/** One row for each person who agreed, with its words as they are today. */
async function oweToPhones(manager: EntityManager, phones: PhoneNotices | null, { key, customerId, kind }: NoticeInput, facts: Facts): Promise<void> {
  if (phones === null) return;
  for (const { userId, phone, channel, locale, timeZone } of await loadPhoneReaders(manager, customerId)) {
    if (!phones.deliveries.offers(channel)) continue;
    const template = phones.templates[kind][locale];
    const { body, variables } = renderShortNotice(template, { ...facts, locale, timeZone });
    await manager.query(INSERT_DELIVERY, [randomUUID(), key, customerId, userId, channel, kind, phone, body, template.sid ?? template.name, JSON.stringify(variables), 'owed', 0, null]);
  }
}

/** What the move knew, and what we know of the customer where it did not say. */
function factsOf(deps: NotifyDeps, input: NoticeInput, reader: Reader): Facts {
  const { data } = input;
  const planName = (id: string | null): string | null => deps.catalogue.plans.find((plan) => plan.id === id)?.name ?? null;
  const refund = input.kind === 'provisioning_failed_refunded';
  return {
    kind: input.kind, locale: reader.locale, timeZone: reader.timeZone, publicUrl: deps.publicUrl,
    instanceId: input.instanceId ?? null,
    assistantName: reader.instanceName,
    planName: planName(text(data['planId']) ?? reader.planId),
    // A refund of nothing, as of a trial, is no amount to speak of.
    amountCents: number(data['amountCents'], refund) ?? (refund ? null : input.kind === 'payment_received' || input.kind === 'payment_recovered' ? reader.lastPaidCents : reader.amountCents),
    currency: text(data['currency']) ?? reader.currency,
    atMs: number(data['nextAtMs'], true),
    nextCode: NEXT_STEP_CODES.find((code: NextStepCode) => code === data['nextCode']) ?? null,
    attemptAtMs: number(data['attemptAtMs'], true),
    declineCode: text(data['declineCode']),
    smallerPlanName: planName(text(data['downgradeToPlanId'])),
    untilMs: number(data['untilMs'], true),
    cardLast4: reader.cardLast4,
  };
}

const text = (value: string | number | null | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null);
const number = (value: string | number | null | undefined, positiveOnly: boolean): number | null =>
  typeof value === 'number' && (!positiveOnly || value > 0) ? value : null;

/** The same key gives the same id (RFC 5322), so that a doubled mail can be recognised. */
export function messageId(key: string, from: string): string {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'clawkeep.localhost';
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${domain}>`;
}

/** 5xx of the mail server (RFC 5321) is for good; everything else may be better later. The address is never in the message. */
function toMailFailure(error: unknown): ApplicationFailure {
  const { responseCode, code } = error as { responseCode?: number; code?: string };
  const permanent = responseCode !== undefined && responseCode >= 500;
  const said = responseCode === undefined ? (code ?? 'no answer') : String(responseCode);
  return ApplicationFailure.create({
    message: permanent ? `The mail server refused the mail (${said}).` : `The mail server did not take the mail (${said}).`,
    type: permanent ? 'MAIL_REFUSED' : 'MAIL_UNAVAILABLE', nonRetryable: permanent,
  });
}
