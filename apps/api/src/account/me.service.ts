import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { conflict } from '../http/problem.js';
import type { Caller, Member } from '../policy/caller.js';
import { nextStepView, type StoredNextStep } from './next-step.js';
import { PhoneService } from './phone.service.js';
import type { CustomerDto, DeletionDto, Locale, MeDto, Theme, UpdateMeDto } from './me.dto.js';

const GRACE_DAYS = 30;
const DAY_MS = 86_400_000;

interface UserRow { id: string; email: string; name: string; role: string; locale: Locale; timeZone: string; theme: Theme }
interface CustomerRow {
  id: string; name: string; stage: CustomerDto['stage']; service_level: CustomerDto['serviceLevel']; overlays: CustomerDto['overlays']; plan_id: string | null;
  next_step: StoredNextStep | null; trial_ends_at: Date | null; current_period_ends_at: Date | null; cancel_at_period_end: boolean; deletion_requested_at: Date | null;
}

/** The signed-in person and its customer. */
@Injectable()
export class MeService {
  constructor(private readonly database: Database, private readonly phones: PhoneService) {}

  async read(caller: Caller): Promise<MeDto> {
    const [user, phone, customer] = await Promise.all([
      this.database.row<UserRow>('SELECT id, email, name, role, locale, "timeZone", theme FROM "user" WHERE id = $1', [caller.userId]),
      this.phones.read(caller.userId),
      caller.customerId === null ? null : this.database.row<CustomerRow>('SELECT * FROM customer WHERE id = $1', [caller.customerId]),
    ]);
    if (user === null) throw new Error('A session has no user.');
    return { ...user, ...phone, customer: customer === null ? null : customerView(customer, caller.memberRole ?? 'member') };
  }

  async update(caller: Caller, { name, locale, timeZone, theme, phone, noticeChannel }: UpdateMeDto): Promise<MeDto> {
    await this.phones.change(caller.userId, { phone, noticeChannel });
    await this.database.rows(
      `UPDATE "user" SET name = COALESCE($2, name), locale = COALESCE($3, locale), "timeZone" = COALESCE($4, "timeZone"), theme = COALESCE($5, theme), "updatedAt" = now() WHERE id = $1`,
      [caller.userId, name ?? null, locale ?? null, timeZone ?? null, theme ?? null]);
    return this.read(caller);
  }

  /** Once asked for, asking again changes nothing: the grace is not begun anew. 409 while a subscription would be charged again. */
  async requestDeletion({ customerId }: Member): Promise<DeletionDto> {
    return this.database.transaction(async (manager) => {
      const customer = await this.database.row<{ deletion_requested_at: Date | null }>('SELECT deletion_requested_at FROM customer WHERE id = $1 FOR UPDATE', [customerId], manager);
      const renews = await this.database.row(
        `SELECT 1 FROM subscription WHERE customer_id = $1 AND ended_at IS NULL AND status NOT IN ('canceled', 'incomplete_expired') AND NOT cancel_at_period_end`, [customerId], manager);
      if (renews !== null) throw conflict('SUBSCRIPTION_RENEWS', 'Your subscription would be charged again. Cancel it first (POST /subscription/cancel), then delete the account.');
      const requestedAt = customer?.deletion_requested_at ?? new Date();
      await manager.query('UPDATE customer SET deletion_requested_at = $2, version = version + 1 WHERE id = $1 AND deletion_requested_at IS NULL', [customerId, requestedAt]);
      return { deletionAt: deletionAt(requestedAt) };
    });
  }

  async restore(member: Member): Promise<MeDto> {
    await this.database.rows('UPDATE customer SET deletion_requested_at = NULL, version = version + 1 WHERE id = $1 AND deletion_requested_at IS NOT NULL', [member.customerId]);
    return this.read(member);
  }
}

const deletionAt = (requestedAt: Date): string => new Date(requestedAt.getTime() + GRACE_DAYS * DAY_MS).toISOString();
const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

const customerView = (row: CustomerRow, role: CustomerDto['role']): CustomerDto => ({
  id: row.id, name: row.name, stage: row.stage, serviceLevel: row.service_level, overlays: row.overlays, planId: row.plan_id, nextStep: nextStepView(row.next_step),
  trialEndsAt: iso(row.trial_ends_at), currentPeriodEndsAt: iso(row.current_period_ends_at), cancelAtPeriodEnd: row.cancel_at_period_end,
  deletionAt: row.deletion_requested_at === null ? null : deletionAt(row.deletion_requested_at), role,
});
