import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { SecretVault } from '#database/secrets/secret-vault.js';
import { holdSlot } from '#database/placement/slots.js';

export interface Person { readonly customerId: string; readonly instanceId: string; readonly email: string }

export interface PersonWish {
  readonly planId: string;
  /** `provisioning` for a plan that costs nothing, else `awaiting_payment`. */
  readonly status: 'provisioning' | 'awaiting_payment';
  /** The emulated provider answers to keys with "good" in them; digits beside it, for hexadecimal spells "bad" now and then. */
  readonly providerKey?: string;
}

const HOLD_MS = 35 * 60_000;

/** A person who signed up, gave a model key and named an assistant: the rows that the API writes, the slot held. */
export async function writePerson(dataSource: DataSource, vault: SecretVault, wish: PersonWish): Promise<Person> {
  const [customerId, instanceId, userId] = [randomUUID(), randomUUID(), randomUUID()];
  const name = `p${randomBytes(5).toString('hex')}`;
  const email = `${name}@example.test`;
  await dataSource.query(`INSERT INTO customer (id, name) VALUES ($1, $2)`, [customerId, name]);
  await dataSource.query(`INSERT INTO "user" ("id", "name", "email", "emailVerified") VALUES ($1, $2, $3, true)`, [userId, name, email]);
  await dataSource.query(`INSERT INTO member (customer_id, user_id, role) VALUES ($1, $2, 'owner')`, [customerId, userId]);
  const secretId = await vault.put(customerId, 'provider_key', 'openai', wish.providerKey ?? `sk-good-${randomInt(2 ** 47)}`);
  await dataSource.query(`INSERT INTO provider_key (customer_id, provider, secret_id, masked, tested_at) VALUES ($1, 'openai', $2, 'sk-…', now())`, [customerId, secretId]);
  await dataSource.transaction(async (manager) => {
    await manager.query(
      `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state) VALUES ($1, $2, $3, $3, $4, 'openai', 'gpt-5-mini', $5, 'running')`,
      [instanceId, customerId, name, wish.planId, wish.status],
    );
    const host = await holdSlot(manager, { instanceId, customerId, expiresAt: new Date(Date.now() + HOLD_MS) });
    if (host === null) throw new Error('The harness has no slot left: start it with more');
  });
  return { customerId, instanceId, email };
}
