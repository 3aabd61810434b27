import { Inject, Injectable } from '@nestjs/common';
import { join } from 'node:path';
import { setImmediate as others } from 'node:timers/promises';
import type { Environment } from '#config/environment.js';
import { checkPolicy, loadPolicy } from '#config/policies.js';
import { toCaseRecord, type CaseRow } from '#database/ledger/case-store.js';
import { DUNNING_STAGES, type LifecyclePolicy } from '#domain/lifecycle/lifecycle.policy.js';
import { isFree, type Catalogue } from '#domain/plan/plan.types.js';
import { COMMON_ASSUMPTIONS, PAST_ASSUMPTIONS, sayModel } from '#domain/simulation/assumptions.js';
import { ASSUMED_BEHAVIOUR, bookOfPast, makeBook } from '#domain/simulation/behaviour.js';
import { changedPolicy } from '#domain/simulation/changed-policy.js';
import { simulate } from '#domain/simulation/simulate.js';
import type { SimulatedCustomer } from '#domain/simulation/simulation.types.js';
import { Database } from '../database/database.js';
import { invalid, unavailable } from '../http/problem.js';
import { CATALOGUE, ENVIRONMENT } from '../tokens.js';
import type { PolicyOutcomeDto, SimulateDto, SimulationDto } from './simulation.dto.js';

/** How long a simulation may hold the process before others have their turn. */
const SLICE_MS = 8;
const LONGEST_MS = 120_000;

/** Tries a policy beside today's. It runs in slices between other requests, one at a time, and writes nothing. */
@Injectable()
export class SimulationService {
  private readonly policy: LifecyclePolicy;
  private running = false;

  constructor(@Inject(ENVIRONMENT) { CONFIG_DIR, POLICY_FILE }: Environment, @Inject(CATALOGUE) private readonly catalogue: Catalogue, private readonly database: Database) {
    this.policy = loadPolicy(join(CONFIG_DIR, POLICY_FILE));
  }

  async run(wish: SimulateDto): Promise<SimulationDto> {
    const { policy, adjusted } = this.changed(wish);
    if (this.running) throw unavailable('BUSY', 'Another simulation runs; try again in a moment.', 10);
    this.running = true;
    try {
      const book = wish.source === 'generated' ? makeBook(wish.customers, wish.seed, this.catalogue, ASSUMED_BEHAVIOUR) : await this.pastBook(wish.customers);
      const untilMs = Date.now() + LONGEST_MS;
      return {
        source: wish.source, customers: book.length, seed: wish.seed,
        today: await this.play(this.policy, book, wish.seed, untilMs), changed: await this.play(policy, book, wish.seed, untilMs),
        assumptions: [...(wish.source === 'generated' ? sayModel(ASSUMED_BEHAVIOUR) : PAST_ASSUMPTIONS), ...COMMON_ASSUMPTIONS], adjusted: [...adjusted],
      };
    } finally {
      this.running = false;
    }
  }

  /** Today's policy with what is wished, checked as strictly as a file. Throws a 400 that names each field. */
  private changed(wish: SimulateDto): { policy: LifecyclePolicy; adjusted: readonly string[] } {
    const { policy, adjusted } = changedPolicy(this.policy, wish.policy ?? {});
    const checked = checkPolicy(policy);
    if (checked.policy === null) {
      throw invalid(Object.fromEntries(checked.problems.map(({ path, message }) => [['policy', ...path].join('.'), `${message}.`])), 'This policy could not run.');
    }
    return { policy: checked.policy, adjusted };
  }

  /** The newest cases that are closed, the oldest of them first. */
  private async pastBook(most: number): Promise<readonly SimulatedCustomer[]> {
    const rows = await this.database.rows<CaseRow & { plan_id: string | null }>(
      'SELECT d.*, s.plan_id FROM dunning_case d LEFT JOIN subscription s ON s.id = d.subscription_id WHERE d.closed_at IS NOT NULL ORDER BY d.closed_at DESC, d.case_id DESC LIMIT $1', [most]);
    const plans = new Map(rows.map((row) => [row.case_id, row.plan_id]));
    const paidPlans = this.catalogue.plans.filter((plan) => !isFree(plan));
    return bookOfPast(rows.reverse().map(toCaseRecord), ({ caseId }) => paidPlans.find(({ id }) => id === plans.get(caseId))?.id ?? paidPlans[0]?.id ?? '');
  }

  private async play(policy: LifecyclePolicy, book: readonly SimulatedCustomer[], seed: number, untilMs: number): Promise<PolicyOutcomeDto> {
    const playing = simulate({ book, policy, catalogue: this.catalogue, model: ASSUMED_BEHAVIOUR, seed });
    let sliceEndsMs = Date.now() + SLICE_MS;
    for (;;) {
      const step = playing.next();
      if (step.done === true) {
        const { policyVersion, totals, days } = step.value;
        return {
          policyVersion, payAgainOnDays: [...policy.payAgainOnDays], stages: DUNNING_STAGES.map((stage) => ({ stage, fromDay: policy.stages[stage].fromDay, serviceLevel: policy.stages[stage].serviceLevel })),
          totals: totals.map((one) => ({ ...one, recoveredBy: [...one.recoveredBy] })), days: days.map(({ day, stages }) => ({ day, stages: { ...stages } })),
        };
      }
      if (Date.now() < sliceEndsMs) continue;
      if (Date.now() > untilMs) throw unavailable('TOO_LONG', 'The simulation took too long: ask for fewer customers.', 30);
      await others();
      sliceEndsMs = Date.now() + SLICE_MS;
    }
  }
}
