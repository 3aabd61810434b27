import { Inject, Injectable } from '@nestjs/common';
import { randomBytes, randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { isFree, type Catalogue, type Plan } from '#domain/plan/plan.types.js';
import { holdSlot } from '#database/placement/slots.js';
import { Database } from '../database/database.js';
import { violates } from '../http/database-trouble.js';
import { conflict, invalid, type Fields } from '../http/problem.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import { putIntoOutbox } from '../outbox/outbox.js';
import type { Member } from '../policy/caller.js';
import type { ModelList } from '../provider-keys/models.js';
import { CATALOGUE, MODELS } from '../tokens.js';
import type { CreateInstanceDto, WishedInstanceDto } from './instance.dto.js';
import type { InstanceRow } from './instance-view.js';
import { InstancesService, NAME_TAKEN } from './instances.service.js';
import { subdomainFrom } from './subdomain.js';

const DEFAULT_NAME = 'Assistant';
/** From the wish to the checkout page; the checkout holds the slot anew until its own end. */
const HOLD_MS = 15 * 60_000;
/** Statuses that take up one of the plan's instances. */
const COUNTED = `status NOT IN ('gone', 'tearing_down', 'failed')`;

export const NO_CAPACITY = (): Error => conflict('NO_CAPACITY', 'All places are taken at the moment. Nothing was charged; try again later.');

interface Wish { name: string; plan: Plan; provider: CreateInstanceDto['provider']; model: string; skills: string[]; subdomain: string | undefined }

/** `POST /instances`: the instance, its slot and the message to the workflow in one transaction, or nothing at all. */
@Injectable()
export class InstanceCreation {
  constructor(
    private readonly database: Database,
    private readonly instances: InstancesService,
    private readonly outbox: OutboxDispatcher,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    @Inject(MODELS) private readonly models: ModelList,
  ) {}

  async create(member: Member, dto: CreateInstanceDto): Promise<WishedInstanceDto> {
    const wish = this.check(dto);
    const { id, status } = await this.inOneTransaction(member, wish);
    this.outbox.wake();
    return { ...(await this.instances.read(member, id)), next: status === 'awaiting_payment' ? 'checkout' : null };
  }

  /** Against the catalogue and the models; 400 names each field. */
  private check(dto: CreateInstanceDto): Wish {
    const fields: Record<string, string> = {};
    const plan = this.catalogue.plans.find(({ id, sold }) => id === dto.planId && sold);
    if (plan === undefined) fields['planId'] = 'This plan is not sold. Choose one of GET /plans.';
    const ofProvider = this.models.filter(({ provider }) => provider === dto.provider);
    const model = dto.model === undefined ? ofProvider.find(({ isDefault }) => isDefault) : ofProvider.find(({ id }) => id === dto.model);
    if (model === undefined) fields['model'] = 'This provider has no such model. Choose one of GET /models.';
    const most = plan?.limits.skills ?? null;
    const skills = dto.skills ?? [];
    if (most !== null && skills.length > most) fields['skills'] = `The plan allows ${most} skills at most.`;
    if (plan === undefined || model === undefined || Object.keys(fields).length > 0) throw invalid(fields);
    return { name: dto.name ?? DEFAULT_NAME, plan, provider: dto.provider, model: model.id, skills, subdomain: dto.subdomain };
  }

  private async inOneTransaction(member: Member, wish: Wish): Promise<Pick<InstanceRow, 'id' | 'status'>> {
    try {
      return await this.database.transaction(async (manager) => {
        // One wish of a customer at a time: limits and names are counted on what is really there.
        await manager.query('SELECT 1 FROM customer WHERE id = $1 FOR UPDATE', [member.customerId]);
        const known = await this.database.row<InstanceRow>(`SELECT * FROM instance WHERE customer_id = $1 AND name = $2 AND status <> 'gone'`, [member.customerId, wish.name], manager);
        return known === null ? this.insert(manager, member, wish) : this.again(manager, known, wish);
      });
    } catch (error) {
      if (violates(error, 'instance_subdomain_once')) throw conflict('SUBDOMAIN_TAKEN', 'This address is taken.', { subdomain: 'This address is taken; choose another one.' });
      throw violates(error, 'instance_name_once') ? NAME_TAKEN() : error;
    }
  }

  /** The same wish again: the same instance, its slot held anew. Another wish under a name in use: 409 with the fields that differ. */
  private async again(manager: EntityManager, known: InstanceRow, wish: Wish): Promise<InstanceRow> {
    const differing: Record<string, string> = {};
    const compare = (field: string, there: string, wished: string): void => { if (there !== wished) differing[field] = `The assistant of this name has “${there}”. Choose another name, or wish the same.`; };
    compare('planId', known.plan_id, wish.plan.id);
    compare('provider', known.provider, wish.provider);
    compare('model', known.model, wish.model);
    if (wish.subdomain !== undefined) compare('subdomain', known.subdomain, wish.subdomain);
    compare('skills', [...(known.settings.skills ?? [])].sort().join(', '), [...wish.skills].sort().join(', '));
    if (Object.keys(differing).length > 0) throw conflict('NAME_TAKEN', 'You have another assistant of this name.', { name: 'Choose a name that none of your assistants has.', ...differing } satisfies Fields);
    if (known.status === 'awaiting_payment') await this.hold(manager, known.customer_id, known.id);
    return known;
  }

  private async insert(manager: EntityManager, member: Member, wish: Wish): Promise<Pick<InstanceRow, 'id' | 'status'>> {
    const { customerId } = member;
    const key = await this.database.row('SELECT 1 FROM provider_key WHERE customer_id = $1 AND provider = $2', [customerId, wish.provider], manager);
    if (key === null) throw conflict('PROVIDER_KEY_MISSING', 'There is no key of this provider yet.', { provider: 'Add and test a key of this provider first (POST /provider-keys).' });
    const counted = await this.database.row<{ count: number }>(`SELECT count(*)::int AS count FROM instance WHERE customer_id = $1 AND ${COUNTED}`, [customerId], manager);
    if ((counted?.count ?? 0) >= wish.plan.limits.instances) {
      const most = wish.plan.limits.instances;
      throw conflict('INSTANCE_LIMIT', `The plan ${wish.plan.name} allows ${most} assistant${most === 1 ? '' : 's'}.`, { planId: 'Remove an assistant first, or choose a plan with more of them.' });
    }
    const paid = isFree(wish.plan) || (await this.isCovered(manager, customerId, wish.plan));
    const id = randomUUID();
    const status = paid ? 'provisioning' : 'awaiting_payment';
    await manager.query(
      `INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, settings, status, desired_state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running')`,
      [id, customerId, wish.name, wish.subdomain ?? subdomainFrom(wish.name, randomBytes(4).toString('hex')), wish.plan.id, wish.provider, wish.model, JSON.stringify({ skills: wish.skills }), status]);
    if (paid) await putIntoOutbox(manager, customerId, { topic: 'instanceWished', payload: { requestId: randomUUID(), instanceId: id, wish: 'provision', actor: `user:${member.userId}` } });
    // Last, because all callers stand in one line for it until their transactions end.
    await this.hold(manager, customerId, id);
    return { id, status };
  }

  private async hold(manager: EntityManager, customerId: string, instanceId: string): Promise<void> {
    if ((await holdSlot(manager, { instanceId, customerId, expiresAt: new Date(Date.now() + HOLD_MS) })) === null) throw NO_CAPACITY();
  }

  /** A live subscription of this very plan pays for one more of its instances. */
  private async isCovered(manager: EntityManager, customerId: string, plan: Plan): Promise<boolean> {
    return null !== (await this.database.row(
      `SELECT 1 FROM subscription WHERE customer_id = $1 AND plan_id = $2 AND status IN ('trialing', 'active') AND ended_at IS NULL`, [customerId, plan.id], manager));
  }
}
