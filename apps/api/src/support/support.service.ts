import { Inject, Injectable } from '@nestjs/common';
import type { Environment } from '#config/environment.js';
import { deadlineOf } from '#domain/lifecycle/lifecycle.case.js';
import { DAY_MS, DUNNING_STAGES } from '#domain/lifecycle/lifecycle.policy.js';
import type { DunningCase, Overlay, ServiceLevel, Stage } from '#domain/lifecycle/lifecycle.types.js';
import { supportViewUrl, supportViews } from '#workflows/contracts/support-views.js';
import { customerWorkflowId, provisionWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { nextStepView, type StoredNextStep } from '../account/next-step.js';
import { Database } from '../database/database.js';
import { pageOf, placeOf, type Page } from '../http/list.dto.js';
import { notFound } from '../http/problem.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { ENVIRONMENT } from '../tokens.js';
import type { CustomerSearchQuery, DunningDto, SupportCustomerDetailDto, SupportCustomerDto, SupportInstanceDto, SupportViewsDto } from './support.dto.js';

interface CustomerRow {
  id: string; name: string; email: string | null; stage: Stage; service_level: ServiceLevel; overlays: Overlay[]; plan_id: string | null; needs_attention: string | null;
  next_step: StoredNextStep | null; created_at: Date; place: string; stripe_customer_id: string | null; dunning: DunningCase | null;
}
interface InstanceRow { id: string; name: string; status: string; status_reason: string | null; plan_id: string; host_id: string | null; generation: number }

const MOST_INVOICES = 100;
const SELECT = `SELECT c.*, c.created_at::text AS place, u.email FROM customer c
  LEFT JOIN member m ON m.customer_id = c.id AND m.role = 'owner' LEFT JOIN "user" u ON u.id = m.user_id`;

/** Customers as support sees them: what we last read, with the words that the policy itself found. */
@Injectable()
export class SupportService {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  async find({ q, stage, limit, cursor }: CustomerSearchQuery): Promise<Page<SupportCustomerDto>> {
    const after = placeOf(cursor);
    const text = q?.trim() ?? '';
    const rows = await this.database.rows<CustomerRow>(
      `${SELECT} WHERE ($1 = '' OR c.name ILIKE $2 OR u.email ILIKE $2 OR c.id::text = lower($1) OR c.stripe_customer_id = $1 OR c.subscription_id = $1)
         AND ($3::text IS NULL OR c.stage = $3) AND ($4::timestamptz IS NULL OR (c.created_at, c.id) < ($4, $5::uuid))
       ORDER BY c.created_at DESC, c.id DESC LIMIT $6`,
      [text, `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`, stage ?? null, after?.at ?? null, after?.id ?? null, limit + 1]);
    return pageOf(rows, limit, ({ place, id }) => ({ at: place, id }), view);
  }

  /** 404 where there is no such customer. */
  async read(customerId: string): Promise<SupportCustomerDetailDto> {
    const [customer, instances, { data: invoices }] = await Promise.all([
      this.database.row<CustomerRow>(`${SELECT} WHERE c.id = $1`, [customerId]),
      this.database.rows<InstanceRow>('SELECT id, name, status, status_reason, plan_id, host_id, generation FROM instance WHERE customer_id = $1 ORDER BY created_at DESC', [customerId]),
      this.invoices.list({ customerId }, { limit: MOST_INVOICES }),
    ]);
    if (customer === null) throw notFound('customer');
    return {
      ...view(customer), dunning: customer.dunning === null ? null : dunningView(customer.dunning), invoices,
      instances: instances.map((row) => this.instanceView(row)), stripeCustomerId: customer.stripe_customer_id, temporalUrl: this.temporalUrl(customerWorkflowId(customerId)),
    };
  }

  /** The saved lists of support, as addresses in Temporal's Web UI. */
  views(): SupportViewsDto {
    const { TEMPORAL_UI_URL, TEMPORAL_NAMESPACE } = this.environment;
    return { data: supportViews(Date.now()).map((one) => ({ name: one.name, url: supportViewUrl(TEMPORAL_UI_URL, TEMPORAL_NAMESPACE, one) })) };
  }

  async mustExist(customerId: string): Promise<void> {
    if (await this.database.row('SELECT 1 FROM customer WHERE id = $1', [customerId]) === null) throw notFound('customer');
  }

  private instanceView({ id, name, status, status_reason, plan_id, host_id, generation }: InstanceRow): SupportInstanceDto {
    return { id, name, status, statusReason: status_reason, planId: plan_id, hostId: host_id, temporalUrl: this.temporalUrl(provisionWorkflowId(id, generation)) };
  }

  /** The newest run of a workflow in Temporal's Web UI. */
  private temporalUrl(workflowId: string): string {
    const { TEMPORAL_UI_URL, TEMPORAL_NAMESPACE } = this.environment;
    return `${TEMPORAL_UI_URL.replace(/\/$/, '')}/namespaces/${TEMPORAL_NAMESPACE}/workflows/${encodeURIComponent(workflowId)}`;
  }
}

const view = (row: CustomerRow): SupportCustomerDto => ({
  id: row.id, name: row.name, email: row.email, stage: row.stage, serviceLevel: row.service_level, overlays: row.overlays, planId: row.plan_id,
  needsAttention: row.needs_attention, nextStep: nextStepView(row.next_step), createdAt: row.created_at.toISOString(),
});

const iso = (atMs: number): string => new Date(atMs).toISOString();

const dunningView = (dunning: DunningCase): DunningDto => ({
  caseId: dunning.id, anchorAt: iso(dunning.anchorMs), policyVersion: dunning.policy.version, amountRemainingCents: dunning.amountRemainingCents, currency: dunning.currency,
  hardDecline: dunning.hardDecline,
  deadlines: DUNNING_STAGES.map((stage) => ({ stage, at: iso(deadlineOf(dunning, stage)) })),
  attempts: Object.values(dunning.attempts).sort((a, b) => a.atMs - b.atMs).map(({ atMs, trigger, outcome, invoiceId }) => ({ at: iso(atMs), trigger, outcome, invoiceId })),
  shifts: dunning.shifts.map(({ kind, ms, atMs, actor, reason }) => ({ kind, days: Math.round((ms / DAY_MS) * 10) / 10, at: iso(atMs), actor, reason })),
});
