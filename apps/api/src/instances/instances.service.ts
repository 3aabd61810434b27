import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database.js';
import { violates } from '../http/database-trouble.js';
import { pageOf, placeOf, type ListQuery, type Page } from '../http/list.dto.js';
import { conflict, notFound } from '../http/problem.js';
import type { Member } from '../policy/caller.js';
import { instanceView, type InstanceRow, type StepRow } from './instance-view.js';
import type { InstanceDto, SubdomainDto, UpdateInstanceDto } from './instance.dto.js';
import { subdomainFault } from './subdomain.js';

export const NAME_TAKEN = (): Error => conflict('NAME_TAKEN', 'You have another assistant of this name.', { name: 'Choose a name that none of your assistants has.' });

/** Reading and naming instances. Whatever belongs to another customer is not there. */
@Injectable()
export class InstancesService {
  constructor(private readonly database: Database) {}

  /** The row of a member's own instance, locked where a transaction is given; 404 otherwise. */
  async row({ customerId }: Pick<Member, 'customerId'>, id: string, locked?: EntityManager): Promise<InstanceRow> {
    const row = await this.database.row<InstanceRow>(`SELECT * FROM instance WHERE id = $1 AND customer_id = $2${locked ? ' FOR UPDATE' : ''}`, [id, customerId], locked);
    if (row === null) throw notFound('instance');
    return row;
  }

  async read(member: Pick<Member, 'customerId'>, id: string): Promise<InstanceDto> {
    return (await this.views([await this.row(member, id)]))[0]!;
  }

  async list({ customerId }: Member, { limit, cursor }: ListQuery): Promise<Page<InstanceDto>> {
    const after = placeOf(cursor);
    const rows = await this.database.rows<InstanceRow>(
      `SELECT *, created_at::text AS place FROM instance WHERE customer_id = $1 AND status <> 'gone' AND ($2::timestamptz IS NULL OR (created_at, id::text) < ($2, $3))
       ORDER BY created_at DESC, id::text DESC LIMIT $4`, [customerId, after?.at ?? null, after?.id ?? null, limit + 1]);
    const page = pageOf(rows, limit, ({ place, id }) => ({ at: place, id }), (row) => row);
    return { data: await this.views(page.data), nextCursor: page.nextCursor };
  }

  async rename(member: Member, id: string, { name }: UpdateInstanceDto): Promise<InstanceDto> {
    const row = await this.row(member, id);
    if (name === undefined || name === row.name) return this.read(member, id);
    try {
      await this.database.transaction(async (manager) => {
        await manager.query('UPDATE instance SET name = $2, version = version + 1 WHERE id = $1', [id, name]);
        await tellStatus(manager, await this.row(member, id, manager));
      });
    } catch (error) {
      throw violates(error, 'instance_name_once') ? NAME_TAKEN() : error;
    }
    return this.read(member, id);
  }

  async checkSubdomain(given: string): Promise<SubdomainDto> {
    const subdomain = given.trim().toLowerCase().slice(0, 100);
    const fault = subdomainFault(subdomain);
    if (fault !== null) return { subdomain, available: false, reason: fault };
    const taken = await this.database.row(`SELECT 1 FROM instance WHERE subdomain = $1 AND status <> 'gone'`, [subdomain]);
    return { subdomain, available: taken === null, reason: taken === null ? null : 'This address is taken; choose another one.' };
  }

  private async views(rows: readonly InstanceRow[]): Promise<InstanceDto[]> {
    if (rows.length === 0) return [];
    const steps = await this.database.rows<StepRow>('SELECT * FROM instance_step WHERE instance_id = ANY($1)', [rows.map(({ id }) => id)]);
    return rows.map((row) => instanceView(row, steps.filter(({ instance_id }) => instance_id === row.id)));
  }
}

/** Tells every open dashboard of the customer how the instance stands (the shape that the projections use too). */
export async function tellStatus(manager: EntityManager, row: InstanceRow): Promise<void> {
  await manager.query(`INSERT INTO event (customer_id, type, entity_id, version, data) VALUES ($1, 'instance.status', $2, $3, $4)`, [
    row.customer_id, row.id, row.version, JSON.stringify({ status: row.status, reason: row.status_reason, desiredState: row.desired_state, generation: row.generation }),
  ]);
}
