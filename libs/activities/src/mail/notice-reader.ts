import type { DataSource, EntityManager } from 'typeorm';
import type { NoticeLocale } from './render-notice.js';

/** Who reads a notice, and what we know of the customer when it is written. */
export interface Reader {
  readonly userId: string;
  readonly email: string;
  readonly locale: NoticeLocale;
  readonly timeZone: string;
  readonly planId: string | null;
  readonly instanceName: string | null;
  /** Of the newest subscription: what a period costs. */
  readonly amountCents: number | null;
  readonly currency: string | null;
  /** Of the newest invoice that was paid, in the same currency: discounts are in it. */
  readonly lastPaidCents: number | null;
  readonly cardLast4: string | null;
}

interface ReaderRow {
  user_id: string; email: string; locale: string; time_zone: string; plan_id: string | null; instance_name: string | null;
  amount_cents: string | null; currency: string | null; last_paid_cents: string | null; card_last4: string | null;
}

/** The customer's first owner; null where there is none. */
export async function loadReader(dataSource: DataSource, customerId: string, instanceId: string | null): Promise<Reader | null> {
  const rows: ReaderRow[] = await dataSource.query(
    `SELECT m.user_id, u.email, u.locale, u."timeZone" AS time_zone, c.plan_id, i.name AS instance_name, s.amount_cents, s.currency, p.amount_paid_cents AS last_paid_cents, s.payment_method->>'last4' AS card_last4
       FROM customer c
       JOIN member m ON m.customer_id = c.id AND m.role = 'owner'
       JOIN "user" u ON u.id = m.user_id
       LEFT JOIN instance i ON i.id = $2 AND i.customer_id = c.id
       LEFT JOIN LATERAL (SELECT * FROM subscription WHERE customer_id = c.id ORDER BY created DESC LIMIT 1) s ON true
       LEFT JOIN LATERAL (SELECT amount_paid_cents FROM invoice
                           WHERE customer_id = c.id AND status = 'paid' AND amount_paid_cents > 0 AND currency = s.currency ORDER BY created DESC LIMIT 1) p ON true
      WHERE c.id = $1 ORDER BY m.created_at, m.user_id LIMIT 1`,
    [customerId, instanceId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    userId: row.user_id, email: row.email, locale: row.locale === 'ru' ? 'ru' : 'en', timeZone: row.time_zone, planId: row.plan_id, instanceName: row.instance_name,
    amountCents: row.amount_cents === null ? null : Number(row.amount_cents), currency: row.currency,
    lastPaidCents: row.last_paid_cents === null ? null : Number(row.last_paid_cents), cardLast4: row.card_last4,
  };
}

/** Who agreed to get notices on a phone that is shown to be theirs. */
export interface PhoneReader {
  readonly userId: string;
  readonly phone: string;
  readonly channel: 'whatsapp' | 'sms';
  readonly locale: NoticeLocale;
  readonly timeZone: string;
}

/** Owners and admins of the customer who agreed; each reads in their own language and time zone. */
export async function loadPhoneReaders(manager: EntityManager, customerId: string): Promise<PhoneReader[]> {
  const rows: { user_id: string; phone: string; channel: 'whatsapp' | 'sms'; locale: string; time_zone: string }[] = await manager.query(
    `SELECT c.user_id, c.phone, c.channel, u.locale, u."timeZone" AS time_zone
       FROM member m JOIN phone_consent c ON c.user_id = m.user_id JOIN "user" u ON u.id = m.user_id
      WHERE m.customer_id = $1 AND m.role IN ('owner','admin') AND c.channel <> 'none' AND c.verified_at IS NOT NULL ORDER BY c.user_id`, [customerId]);
  return rows.map((row) => ({ userId: row.user_id, phone: row.phone, channel: row.channel, locale: row.locale === 'ru' ? 'ru' : 'en', timeZone: row.time_zone }));
}
