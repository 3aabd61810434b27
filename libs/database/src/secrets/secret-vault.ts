import { createHash } from 'node:crypto';
import { EnvelopeError, fingerprint, generateKey, open, recordKeyId, seal, type NamedKey, type RecordPlace } from './envelope.js';

/** What the vault needs of Postgres: a `pg.Pool`, a `pg.Client`, or TypeORM's `DataSource`, `EntityManager` or `QueryRunner`. */
export interface SqlRunner {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** The id of a row of `secret`; safe to store, log and put into a workflow's history. */
export type SecretRef = string;

/** The reference leads to nothing: the secret was removed, or it is another customer's. */
export class SecretNotFoundError extends Error {
  override readonly name = 'SecretNotFoundError';
}

interface SecretRow {
  id: string;
  customer_id: string;
  kind: string;
  subject: string;
  record: Buffer;
  wrapped_key: Buffer;
}

const ROTATION_BATCH = 200;
const UNIQUE_NAME = /^[^|]{1,200}$/u;

/**
 * Secrets at rest under envelope encryption: each customer has a data key of its own, wrapped by the key-encryption key that comes from outside the
 * database. Losing the database loses no secret; removing a customer's data key makes all of its secrets unreadable for ever, backups included.
 */
export class SecretVault {
  readonly #db: SqlRunner;
  readonly #keys: readonly NamedKey[];

  /** @param keys key-encryption keys, the current one first; the others only open what they once wrapped (`ENCRYPTION_KEYS`) */
  constructor(db: SqlRunner, keys: readonly NamedKey[]) {
    if (keys.length === 0) throw new EnvelopeError('The vault needs at least one key-encryption key.');
    this.#db = db;
    this.#keys = keys;
  }

  /** The same vault inside a transaction of the caller's. */
  within(transaction: SqlRunner): SecretVault {
    return new SecretVault(transaction, this.#keys);
  }

  /**
   * Stores a secret, or replaces the one of the same customer, kind and row.
   *
   * @param kind what it is, such as `provider-key`
   * @param rowId which one, such as `openai` or an instance's id
   * @returns its reference: always the same for the same customer, kind and row, so a repeated activity is harmless
   */
  async put(customerId: string, kind: string, rowId: string, plaintext: string): Promise<SecretRef> {
    if (!UNIQUE_NAME.test(kind) || !UNIQUE_NAME.test(rowId)) throw new EnvelopeError('A kind and a row of a secret have 1 to 200 characters and no "|".');
    const dataKey = await this.#dataKeyForWriting(customerId);
    const id = secretId(customerId, kind, rowId);
    const record = seal(Buffer.from(plaintext, 'utf8'), dataKey, secretPlace({ id, customer_id: customerId, kind, subject: rowId }));
    dataKey.key.fill(0);
    await this.#rows(
      `INSERT INTO secret (id, customer_id, kind, subject, record) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET record = EXCLUDED.record`,
      [id, customerId, kind, rowId, record],
    );
    return id;
  }

  /**
   * Decrypts the secret behind a reference.
   *
   * @param customerId when given, a reference to anyone else's secret is treated as missing
   * @throws SecretNotFoundError when it leads to nothing; EnvelopeError when the record was moved, changed or made with a key that is not at hand
   */
  async get(ref: SecretRef, customerId?: string): Promise<string> {
    const [row] = await this.#rows<SecretRow>(
      `SELECT s.id, s.customer_id, s.kind, s.subject, s.record, k.wrapped_key
       FROM secret s JOIN customer_data_key k ON k.customer_id = s.customer_id WHERE s.id = $1`,
      [ref],
    );
    if (row === undefined || (customerId !== undefined && row.customer_id !== customerId)) throw new SecretNotFoundError('There is no such secret.');
    const dataKey = this.#unwrap(row.customer_id, row.wrapped_key);
    try {
      return open(row.record, [dataKey], secretPlace(row)).toString('utf8');
    } finally {
      dataKey.key.fill(0);
    }
  }

  /** Removes a secret; one that is not there is fine. */
  async remove(ref: SecretRef): Promise<void> {
    await this.#rows('DELETE FROM secret WHERE id = $1', [ref]);
  }

  /**
   * Wraps every data key anew under the current key-encryption key; the secrets themselves stay as they are. Safe to run twice, in parallel, and while
   * the product works. Afterwards {@link countByKey} shows nothing on older keys, and they may be taken out of `ENCRYPTION_KEYS`.
   *
   * @returns how many data keys were wrapped anew, and whose could not be read (they stay as they are and stop nobody else's)
   */
  async rotate(): Promise<{ rewrapped: number; unreadable: string[] }> {
    const current = this.#currentKey();
    const unreadable: string[] = [];
    let rewrapped = 0;
    for (let after = ''; ; ) {
      const batch = await this.#rows<{ customer_id: string; wrapped_key: Buffer }>(
        `SELECT customer_id, wrapped_key FROM customer_data_key
         WHERE kek_id <> $1 AND ($2 = '' OR customer_id > NULLIF($2, '')::uuid) ORDER BY customer_id LIMIT ${ROTATION_BATCH}`,
        [current.id, after],
      );
      for (const row of batch) {
        try {
          rewrapped += await this.#rewrap(row.customer_id, row.wrapped_key, current);
        } catch (error) {
          if (!(error instanceof EnvelopeError)) throw error;
          unreadable.push(row.customer_id);
        }
      }
      const last = batch.at(-1);
      if (last === undefined) return { rewrapped, unreadable };
      after = last.customer_id;
    }
  }

  /** How many data keys lie under each key-encryption key: `{k2: 120, k1: 0 left out}`. */
  async countByKey(): Promise<Record<string, number>> {
    const rows = await this.#rows<{ kek_id: string; count: number }>('SELECT kek_id, count(*)::int AS count FROM customer_data_key GROUP BY kek_id');
    return Object.fromEntries(rows.map((row) => [row.kek_id, row.count]));
  }

  async #rewrap(customerId: string, wrapped: Buffer, current: NamedKey): Promise<number> {
    const dataKey = this.#unwrap(customerId, wrapped);
    const rewrapped = seal(dataKey.key, current, dataKeyPlace(customerId));
    dataKey.key.fill(0);
    // Only where nobody else was faster. A CTE, because drivers differ in what they answer to a bare UPDATE.
    const [done] = await this.#rows<{ count: number }>(
      `WITH changed AS (UPDATE customer_data_key SET wrapped_key = $3, kek_id = $4 WHERE customer_id = $1 AND wrapped_key = $2 RETURNING 1)
       SELECT count(*)::int AS count FROM changed`,
      [customerId, wrapped, rewrapped, current.id],
    );
    return done?.count ?? 0;
  }

  /** The customer's data key; makes one on first use. When two callers make it at once, both end with the one that was stored. */
  async #dataKeyForWriting(customerId: string): Promise<NamedKey> {
    const stored = await this.#storedKey(customerId);
    if (stored !== undefined) return this.#unwrap(customerId, stored);
    const current = this.#currentKey();
    await this.#rows('INSERT INTO customer_data_key (customer_id, kek_id, wrapped_key) VALUES ($1, $2, $3) ON CONFLICT (customer_id) DO NOTHING', [
      customerId,
      current.id,
      seal(generateKey(), current, dataKeyPlace(customerId)),
    ]);
    const winner = await this.#storedKey(customerId);
    if (winner === undefined) throw new SecretNotFoundError('The data key of this customer is gone.');
    return this.#unwrap(customerId, winner);
  }

  async #storedKey(customerId: string): Promise<Buffer | undefined> {
    const [row] = await this.#rows<{ wrapped_key: Buffer }>('SELECT wrapped_key FROM customer_data_key WHERE customer_id = $1', [customerId]);
    return row?.wrapped_key;
  }

  #unwrap(customerId: string, wrapped: Buffer): NamedKey {
    const key = open(wrapped, this.#keys, dataKeyPlace(customerId));
    return { id: fingerprint(key), key };
  }

  #currentKey(): NamedKey {
    const [current] = this.#keys;
    if (current === undefined) throw new EnvelopeError('The vault needs at least one key-encryption key.');
    return current;
  }

  /** `pg` answers `{rows}`, TypeORM the rows themselves. */
  async #rows<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const result = await this.#db.query(sql, parameters);
    return (Array.isArray(result) ? result : (result as { rows: unknown[] }).rows) as Row[];
  }
}

/** True where a data key's record was wrapped by this key-encryption key; for checks that look at the table itself. */
export function isWrappedBy(wrapped: Buffer, keyId: string): boolean {
  return recordKeyId(wrapped) === keyId;
}

function dataKeyPlace(customerId: string): RecordPlace {
  return { customerId, table: 'customer_data_key', column: 'wrapped_key', rowId: customerId };
}

/** Kind and subject are part of the row's name: a record does not open under another label either. */
function secretPlace(row: Pick<SecretRow, 'id' | 'customer_id' | 'kind' | 'subject'>): RecordPlace {
  return { customerId: row.customer_id, table: 'secret', column: 'record', rowId: `${row.id}:${row.kind}:${row.subject}` };
}

/** A UUID (version 8, RFC 9562: our own scheme) made from what names the secret. */
function secretId(customerId: string, kind: string, subject: string): SecretRef {
  const bytes = createHash('sha256').update(JSON.stringify(['secret', customerId.toLowerCase(), kind, subject])).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
