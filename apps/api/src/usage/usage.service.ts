import { Inject, Injectable } from '@nestjs/common';
import type { Catalogue, Plan } from '#domain/plan/plan.types.js';
import { Database } from '../database/database.js';
import { notFound } from '../http/problem.js';
import type { Member } from '../policy/caller.js';
import { CATALOGUE } from '../tokens.js';
import type { UsageDayDto, UsageDto, UsageLimitsDto, UsagePeriodDto } from './usage.dto.js';

const DAYS_SHOWN = 31;

/** What the gateway counted. Days and months are UTC, as the gateway's limits are. */
@Injectable()
export class UsageService {
  constructor(
    private readonly database: Database,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
  ) {}

  async ofCustomer({ customerId }: Member): Promise<UsageDto> {
    const customer = await this.database.row<{ plan_id: string | null; service_level: string }>('SELECT plan_id, service_level FROM customer WHERE id = $1', [customerId]);
    return this.usage('customer_id', customerId, this.limits(customer?.plan_id ?? null, customer?.service_level ?? 'none'));
  }

  async ofInstance({ customerId }: Member, id: string): Promise<UsageDto> {
    const instance = await this.database.row<{ plan_id: string; service_level: string }>(
      'SELECT i.plan_id, c.service_level FROM instance i JOIN customer c ON c.id = i.customer_id WHERE i.id = $1 AND i.customer_id = $2', [id, customerId]);
    if (instance === null) throw notFound('instance');
    return this.usage('instance_id', id, this.limits(instance.plan_id, instance.service_level));
  }

  /** A downgraded customer has the limits of the plan's `downgradeTo`. */
  private limits(planId: string | null, serviceLevel: string): UsageLimitsDto {
    const find = (id: string | null): Plan | undefined => this.catalogue.plans.find((plan) => plan.id === id);
    const plan = find(planId);
    const { messagesPerMonth = null, messagesPerDay = null } = ((serviceLevel === 'downgraded' ? find(plan?.downgradeTo ?? null) : undefined) ?? plan)?.limits ?? {};
    return { messagesPerMonth, messagesPerDay };
  }

  private async usage(column: 'customer_id' | 'instance_id', id: string, limits: UsageLimitsDto, now = new Date()): Promise<UsageDto> {
    const today = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
    const first = new Date(Math.min(month.getTime(), today.getTime() - (DAYS_SHOWN - 1) * 86_400_000));
    const rows = await this.database.rows<{ day: string; messages: string; input_tokens: string; output_tokens: string }>(
      `SELECT day::text, sum(messages) AS messages, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens
         FROM usage_daily WHERE ${column} = $1 AND day >= $2::date GROUP BY day ORDER BY day`, [id, first.toISOString().slice(0, 10)]);
    const days: UsageDayDto[] = rows.map((row) => ({ day: row.day, messages: Number(row.messages), inputTokens: Number(row.input_tokens), outputTokens: Number(row.output_tokens) }));
    return {
      today: period(days, today, new Date(today.getTime() + 86_400_000)),
      month: period(days, month, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1))),
      limits, days,
    };
  }
}

function period(days: readonly UsageDayDto[], startsAt: Date, endsAt: Date): UsagePeriodDto {
  const within = days.filter(({ day }) => day >= startsAt.toISOString().slice(0, 10) && day < endsAt.toISOString().slice(0, 10));
  const sum = (figure: 'messages' | 'inputTokens' | 'outputTokens'): number => within.reduce((total, day) => total + day[figure], 0);
  return { startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString(), messages: sum('messages'), inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens') };
}
