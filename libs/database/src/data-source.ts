import 'reflect-metadata';
import { DataSource } from 'typeorm';
import * as entities from './entities/index.js';
import { Initial1700000000000 } from './migrations/1700000000000-initial.js';
import { Accounts1700000000001 } from './migrations/1700000000001-accounts.js';
import { OutboxUnnotified1700000000002 } from './migrations/1700000000002-outbox-unnotified.js';
import { RateLimit1700000000003 } from './migrations/1700000000003-rate-limit.js';
import { Reconcile1700000000010 } from './migrations/1700000000010-reconcile.js';
import { BillingLedger1700000000020 } from './migrations/1700000000020-billing-ledger.js';
import { Notices1700000000030 } from './migrations/1700000000030-notices.js';
import { Support1700000000040 } from './migrations/1700000000040-support.js';

/** The one list of migrations, oldest first. */
export const MIGRATIONS = [Initial1700000000000, Accounts1700000000001, OutboxUnnotified1700000000002, RateLimit1700000000003, Reconcile1700000000010, BillingLedger1700000000020, Notices1700000000030, Support1700000000040];

/** A TypeORM data source on `url` (postgres://…); `poolSize` connections at most. Not yet initialised. */
export function createDataSource(url: string, poolSize = 10): DataSource {
  return new DataSource({
    type: 'postgres', url, poolSize, entities: Object.values(entities), migrations: MIGRATIONS,
    migrationsTableName: 'migration', synchronize: false, logging: false,
  });
}
