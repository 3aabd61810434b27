import { randomBytes } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { SecretVault } from '#database/secrets/secret-vault.js';
import { createGatewayToken, hashToken } from '#database/secrets/token-hash.js';

export interface InstanceTokens {
  /** With which we call the agent. */
  readonly agentToken: string;
  /** With which the agent calls our gateway. */
  readonly gatewayToken: string;
}

interface TokenOwner { readonly customerId: string; readonly instanceId: string; readonly generation: number }

/**
 * The two tokens of an instance; makes them where they are missing. Under a lock on the instance's row, so that two calls at once end with the same
 * tokens. The gateway knows the hash of its token from the same transaction on.
 */
export async function ensureTokens(dataSource: DataSource, vault: SecretVault, owner: TokenOwner): Promise<InstanceTokens> {
  return dataSource.transaction(async (manager) => {
    const rows: unknown[] = await manager.query('SELECT 1 FROM instance WHERE id = $1 AND customer_id = $2 FOR NO KEY UPDATE', [owner.instanceId, owner.customerId]);
    if (rows.length === 0) throw ApplicationFailure.nonRetryable('There is no such instance of this customer.', 'INSTANCE_NOT_FOUND');
    const inside = vault.within(manager);
    const agentToken = await ensure(manager, inside, owner, 'agent_token', () => randomBytes(32).toString('hex'));
    const gatewayToken = await ensure(manager, inside, owner, 'gateway_token', createGatewayToken);
    await manager.query(
      `INSERT INTO gateway_token (token_hash, instance_id, customer_id, generation) VALUES ($1, $2, $3, $4)
       ON CONFLICT (token_hash) DO UPDATE SET generation = GREATEST(gateway_token.generation, excluded.generation)`,
      [hashToken(gatewayToken), owner.instanceId, owner.customerId, owner.generation],
    );
    return { agentToken, gatewayToken };
  });
}

/** The agent's token, or null where there is none (any more). */
export async function findAgentToken(dataSource: DataSource, vault: SecretVault, owner: { customerId: string; instanceId: string }): Promise<string | null> {
  const reference = await findSecret(dataSource.manager, owner, 'agent_token');
  return reference === null ? null : vault.get(reference, owner.customerId);
}

async function ensure(manager: EntityManager, vault: SecretVault, owner: TokenOwner, kind: string, make: () => string): Promise<string> {
  const reference = await findSecret(manager, owner, kind);
  if (reference !== null) return vault.get(reference, owner.customerId);
  const token = make();
  await vault.put(owner.customerId, kind, owner.instanceId, token);
  return token;
}

async function findSecret(manager: EntityManager, owner: { customerId: string; instanceId: string }, kind: string): Promise<string | null> {
  const rows: { id: string }[] = await manager.query('SELECT id FROM secret WHERE customer_id = $1 AND kind = $2 AND subject = $3', [owner.customerId, kind, owner.instanceId]);
  return rows[0]?.id ?? null;
}
