import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { pageOf, placeOf, type ListQuery, type Page } from '../http/list.dto.js';
import type { Member } from '../policy/caller.js';
import type { InvoiceDto } from './invoices.dto.js';

interface InvoiceRow {
  id: string; number: string | null; status: string; amount_due_cents: string; amount_paid_cents: string; amount_remaining_cents: string; amount_refunded_cents: string; currency: string;
  description: string | null; period_start: Date | null; period_end: Date | null; created: Date; place: string; hosted_invoice_url: string | null; invoice_pdf: string | null; receipt_url: string | null;
}

/** Stripe's invoices as they were last fetched. */
@Injectable()
export class InvoicesService {
  constructor(private readonly database: Database) {}

  async list({ customerId }: Pick<Member, 'customerId'>, { limit, cursor }: ListQuery): Promise<Page<InvoiceDto>> {
    const after = placeOf(cursor);
    const rows = await this.database.rows<InvoiceRow>(
      `SELECT *, created::text AS place FROM invoice WHERE customer_id = $1 AND status <> 'draft' AND ($2::timestamptz IS NULL OR (created, id) < ($2, $3))
       ORDER BY created DESC, id DESC LIMIT $4`, [customerId, after?.at ?? null, after?.id ?? null, limit + 1]);
    return pageOf(rows, limit, ({ place, id }) => ({ at: place, id }), (row) => ({
      id: row.id, number: row.number, status: row.status, amountCents: Number(row.amount_due_cents), amountPaidCents: Number(row.amount_paid_cents),
      amountRemainingCents: Number(row.amount_remaining_cents), amountRefundedCents: Number(row.amount_refunded_cents), currency: row.currency, description: row.description,
      periodStartsAt: row.period_start?.toISOString() ?? null, periodEndsAt: row.period_end?.toISOString() ?? null, createdAt: row.created.toISOString(),
      hostedInvoiceUrl: row.hosted_invoice_url, invoicePdfUrl: row.invoice_pdf, receiptUrl: row.receipt_url,
    }));
  }
}
