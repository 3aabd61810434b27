import type pg from 'pg';
import type { SecretVault } from '#database/secrets/secret-vault.js';
import { hashToken, isGatewayToken } from '#database/secrets/token-hash.js';
import type { VendorName } from '../vendors/vendor.types.js';

/** The instance behind a token, and where its key for one vendor lies. */
export interface Caller {
  instanceId: string;
  customerId: string;
  planId: string;
  serviceLevel: string;
  /** Null where the customer has no key for the vendor asked. */
  keyRef: string | null;
}

interface CallerRow {
  instance_id: string;
  customer_id: string;
  plan_id: string;
  service_level: string;
  secret_id: string | null;
}

const FIND_CALLER = `
  SELECT t.instance_id, t.customer_id, i.plan_id, c.service_level, k.secret_id
  FROM gateway_token t
  JOIN instance i ON i.id = t.instance_id AND i.customer_id = t.customer_id
  JOIN customer c ON c.id = t.customer_id
  LEFT JOIN provider_key k ON k.customer_id = t.customer_id AND k.provider = $2
  WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND i.gone_at IS NULL`;

/** Finds who calls. Nothing is cached: one indexed read is small beside a model's answer, and a revoked token stops at once. */
export class CallerStore {
  readonly #pool: pg.Pool;
  readonly #vault: SecretVault;

  constructor(pool: pg.Pool, vault: SecretVault) {
    this.#pool = pool;
    this.#vault = vault;
  }

  /** The caller behind a token; undefined for a token that is malformed, unknown or revoked. */
  async find(token: string, vendor: VendorName): Promise<Caller | undefined> {
    if (!isGatewayToken(token)) return undefined;
    const { rows } = await this.#pool.query<CallerRow>(FIND_CALLER, [hashToken(token), vendor]);
    const row = rows[0];
    if (row === undefined) return undefined;
    return { instanceId: row.instance_id, customerId: row.customer_id, planId: row.plan_id, serviceLevel: row.service_level, keyRef: row.secret_id };
  }

  /** Decrypts the vendor's key. Errors as of `SecretVault.get`. */
  readKey(caller: Caller, keyRef: string): Promise<string> {
    return this.#vault.get(keyRef, caller.customerId);
  }
}
