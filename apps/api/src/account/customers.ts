import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../database/database.js';
import type { MemberRole } from '../policy/policy.decorators.js';

export interface Membership { customerId: string; memberRole: MemberRole }

const FIND = 'SELECT customer_id AS "customerId", role AS "memberRole" FROM member WHERE user_id = $1';

/** Each user who is no staff belongs to one customer; it is made with its first member. */
@Injectable()
export class Customers {
  constructor(private readonly database: Database) {}

  find(userId: string): Promise<Membership | null> {
    return this.database.row<Membership>(FIND, [userId]);
  }

  /** The user's customer, made where it is not there yet. Safe to call at once from many places. */
  async ensure(user: { id: string; name: string }): Promise<Membership> {
    return (await this.find(user.id)) ?? this.database.transaction(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('clawkeep.customer.' || $1, 0))`, [user.id]);
      const found = await this.database.row<Membership>(FIND, [user.id], manager);
      if (found !== null) return found;
      const customerId = randomUUID();
      await manager.query('INSERT INTO customer (id, name) VALUES ($1, $2)', [customerId, user.name.slice(0, 200) || 'Customer']);
      await manager.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, user.id]);
      return { customerId, memberRole: 'owner' as const };
    });
  }
}
