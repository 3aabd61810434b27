import type { DataSource } from 'typeorm';
import type { NoticeLocale } from './render-notice.js';

/** Who reads a notice, and what we know of the customer when it is written. */
export interface Reader {
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
  email: string; locale: string; time_zone: string; plan_id: string | null; instance_name: string | null;
  amount_cents: string | null; currency: string | null; last_paid_cents: string | null; card_last4: string | null;
}

/** The customer's first owner; null where there is none. */
export async function loadReader(dataSource: DataSource, customerId: string, instanceId: string | null): Promise<Reader | null> {
  const rows: ReaderRow[] = await dataSource.query(
    `SELECT u.email, u.locale, u."timeZone" AS time_zone, c.plan_id, i.name AS instance_name, s.amount_cents, s.currency, p.amount_paid_cents AS last_paid_cents, s.payment_method->>'last4' AS card_last4
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
    email: row.email, locale: row.locale === 'ru' ? 'ru' : 'en', timeZone: row.time_zone, planId: row.plan_id, instanceName: row.instance_name,
    amountCents: row.amount_cents === null ? null : Number(row.amount_cents), currency: row.currency,
    lastPaidCents: row.last_paid_cents === null ? null : Number(row.last_paid_cents), cardLast4: row.card_last4,
  };
}
