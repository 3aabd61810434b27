import { Injectable } from '@nestjs/common';
import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import { nextStepView, type StoredNextStep } from '../account/next-step.js';
import { Database } from '../database/database.js';
import { pageOf, placeOf, type ListQuery, type Page } from '../http/list.dto.js';
import { SupportService } from './support.service.js';
import type { TimelineEntryDto } from './support.dto.js';

interface Row {
  id: string; at: Date; place: string; kind: TimelineEntryDto['kind']; from_stage: Stage | null; to_stage: Stage | null; verb: string | null; detail: string; actor: string;
  policy_version: string | null; customer_time: Date | null; next_step: StoredNextStep | null;
}

/** One line of a customer's life: moves and acts from the append-only ledger, notices as they were owed and sent. */
@Injectable()
export class Timeline {
  constructor(private readonly database: Database, private readonly support: SupportService) {}

  async read(customerId: string, { limit, cursor }: ListQuery): Promise<Page<TimelineEntryDto>> {
    await this.support.mustExist(customerId);
    const after = placeOf(cursor);
    const rows = await this.database.rows<Row>(
      `WITH line AS (
         SELECT 'l' || lpad(seq::text, 20, '0') AS id, recorded_at AS at, CASE WHEN verb IS NULL THEN 'stage' ELSE 'support' END AS kind, from_stage, to_stage, verb,
                reason AS detail, actor, policy_version, customer_time, next_step FROM lifecycle_ledger WHERE customer_id = $1
         UNION ALL
         SELECT 'n' || key, COALESCE(sent_at, created_at), 'notice', NULL, NULL, kind,
                CASE state WHEN 'sent' THEN subject WHEN 'failed' THEN 'Not sent: ' || COALESCE(error, 'unknown') ELSE 'Owed, not sent yet' END, 'policy', NULL, NULL, NULL FROM notice WHERE customer_id = $1)
       SELECT *, at::text AS place FROM line WHERE $2::timestamptz IS NULL OR (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4`,
      [customerId, after?.at ?? null, after?.id ?? null, limit + 1]);
    return pageOf(rows, limit, ({ place, id }) => ({ at: place, id }), entry);
  }
}

function entry(row: Row): TimelineEntryDto {
  return {
    id: row.id, at: row.at.toISOString(), customerTime: row.customer_time?.toISOString() ?? null, kind: row.kind, title: titleOf(row), detail: row.detail, actor: row.actor,
    policyVersion: row.policy_version, fromStage: row.from_stage, toStage: row.to_stage, verb: row.verb, next: nextStepView(row.next_step),
  };
}

function titleOf({ kind, from_stage, to_stage, verb }: Row): string {
  if (kind !== 'stage') return (verb ?? '').replaceAll('_', ' ');
  return from_stage === to_stage ? to_stage ?? '' : `${from_stage ?? ''} → ${to_stage ?? ''}`;
}
