import { Inject, Injectable } from '@nestjs/common';
import type { Environment } from '#config/environment.js';
import { PROVIDERS, type Provider } from '#domain/instance/instance.types.js';
import { SecretVault } from '#database/secrets/secret-vault.js';
import { Database } from '../database/database.js';
import { conflict, notFound, Problem, unavailable } from '../http/problem.js';
import { RateLimits } from '../limits/rate-limits.js';
import type { Member } from '../policy/caller.js';
import { ENVIRONMENT, MODELS } from '../tokens.js';
import { maskKey, testKey } from './key-test.js';
import type { ModelList } from './models.js';
import type { KeyTestDto, ProviderKeyDto, ProviderKeyInputDto, ProviderKeyListDto, SavedProviderKeyDto } from './provider-key.dto.js';

/** Tests cost the provider and us: so many a minute for a customer. */
const TESTS_A_MINUTE = 20;

interface KeyRow { provider: Provider; masked: string; tested_at: Date; created_at: Date }

/** Model keys of a customer: tested at the provider, kept in the vault, shown masked only. */
@Injectable()
export class ProviderKeysService {
  private readonly vault: SecretVault;

  constructor(
    private readonly database: Database,
    private readonly limits: RateLimits,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(MODELS) private readonly models: ModelList,
  ) {
    this.vault = new SecretVault(database.source, environment.ENCRYPTION_KEYS);
  }

  async test({ customerId }: Member, { provider, key }: ProviderKeyInputDto): Promise<KeyTestDto> {
    await this.limits.spend(`key-test:${customerId}`, TESTS_A_MINUTE, 60);
    const { OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_BASE_URL } = this.environment;
    const model = this.models.find((one) => one.provider === provider && one.isDefault)?.id ?? '';
    return testKey(provider, key, model, { openai: OPENAI_BASE_URL, anthropic: ANTHROPIC_BASE_URL, google: GOOGLE_BASE_URL });
  }

  async list({ customerId }: Member): Promise<ProviderKeyListDto> {
    const rows = await this.database.rows<KeyRow>('SELECT provider, masked, tested_at, created_at FROM provider_key WHERE customer_id = $1 ORDER BY provider', [customerId]);
    return { data: rows.map(view), nextCursor: null };
  }

  async save(member: Member, input: ProviderKeyInputDto): Promise<SavedProviderKeyDto> {
    const test = await this.test(member, input);
    if (test.verdict === 'unreachable') throw unavailable('PROVIDER_UNREACHABLE', test.detail, 15);
    if (!test.usable) throw conflict(`KEY_${test.verdict.toUpperCase()}`, test.detail, { key: test.detail });
    const { customerId } = member;
    const { provider, key } = input;
    const row = await this.database.transaction(async (manager) => {
      const secretId = await this.vault.within(manager).put(customerId, 'provider_key', provider, key);
      return this.database.row<KeyRow>(
        `INSERT INTO provider_key (customer_id, provider, secret_id, masked, tested_at) VALUES ($1, $2, $3, $4, now())
         ON CONFLICT (customer_id, provider) DO UPDATE SET secret_id = excluded.secret_id, masked = excluded.masked, tested_at = excluded.tested_at
         RETURNING provider, masked, tested_at, created_at`, [customerId, provider, secretId, maskKey(key)], manager);
    });
    if (row === null) throw new Problem(500, 'INTERNAL', 'The key was not stored.');
    return { ...view(row), test };
  }

  async remove({ customerId }: Member, provider: string): Promise<void> {
    if (!PROVIDERS.some((known) => known === provider)) throw notFound('provider key');
    await this.database.transaction(async (manager) => {
      // The customer's row is locked against an instance that is being created with this key.
      await manager.query('SELECT 1 FROM customer WHERE id = $1 FOR UPDATE', [customerId]);
      const user = await this.database.row<{ name: string }>(`SELECT name FROM instance WHERE customer_id = $1 AND provider = $2 AND status NOT IN ('gone', 'tearing_down', 'failed') LIMIT 1`, [customerId, provider], manager);
      if (user !== null) throw conflict('KEY_IN_USE', `The assistant “${user.name}” works with this key. Remove the assistant first, or replace the key instead.`);
      const gone = await this.database.row<{ secret_id: string }>('WITH gone AS (DELETE FROM provider_key WHERE customer_id = $1 AND provider = $2 RETURNING secret_id) SELECT * FROM gone', [customerId, provider], manager);
      if (gone === null) throw notFound('provider key');
      await this.vault.within(manager).remove(gone.secret_id);
    });
  }
}

const view = (row: KeyRow): ProviderKeyDto => ({ provider: row.provider, masked: row.masked, testedAt: row.tested_at.toISOString(), createdAt: row.created_at.toISOString() });
