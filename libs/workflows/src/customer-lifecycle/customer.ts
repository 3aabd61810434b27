import { log, setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { completeState, initialState } from '#domain/lifecycle/lifecycle.evolve.js';
import type { BillingFacts, LifecycleState } from '#domain/lifecycle/lifecycle.types.js';
import { describeLifecycle } from '#domain/lifecycle/lifecycle.describe.js';
import { projections, rules } from '../activities.js';
import { workflowNowMs } from '../clock.js';
import type { CarriedState, CustomerLifecycleInput, CustomerStatusView, InboxMessage } from '../contracts/customer-lifecycle.js';
import { CustomerStage, NeedsAttention, NextStepAt, PlanId, ServiceLevelAttribute, StageSince } from '../contracts/search-attributes.js';
import type { Rules } from '../ports/rules.port.js';
import { Attention } from './attention.js';

const RULES_ARE_FRESH_MS = 10 * 60_000;
const TRY_AGAIN_MS = 5 * 60_000;

/** What the workflow knows of its customer, and how it shows it to support. */
export class Customer {
  readonly id: string;
  readonly seen: string[];
  readonly running: CarriedState['running'];
  readonly waiting: CarriedState['waiting'];
  lifecycle: LifecycleState;
  /** When the policy wants to look again; real clock. */
  policyWakeAtMs: number | null = null;
  /** When something that did not succeed is tried again; real clock. */
  retryAtMs: number | null = null;
  readonly attention: Attention;
  /** The loop waits. */
  waits = false;
  private clock: { customerMs: number; readAtMs: number; stands: boolean } | null = null;
  /** Stripe's bell at this customer's door. */
  doorbell: { readonly rung: boolean; hear(): void } = { rung: false, hear: () => undefined };
  private moves: number;
  private rules: { value: Rules; readAtMs: number } | null = null;
  private shown = '';
  /** As the last projection has it. */
  private toldAttention: string | null | undefined;

  constructor(input: CustomerLifecycleInput) {
    const carried = input.carried;
    this.id = input.customerId;
    this.lifecycle = carried === undefined ? initialState() : completeState(carried.lifecycle);
    this.seen = carried?.seen ?? [];
    this.running = carried?.running ?? {};
    this.waiting = carried?.waiting ?? {};
    this.moves = carried?.moves ?? 0;
    this.attention = new Attention(carried?.attention ?? {});
    // A run that continues looks at the facts at once: timers are not carried.
    if (carried) this.retryAtMs = workflowNowMs();
  }

  /** Plans and policy, read anew at most every ten minutes. */
  async loadRules(): Promise<Rules> {
    const nowMs = workflowNowMs();
    if (this.rules === null || nowMs - this.rules.readAtMs > RULES_ARE_FRESH_MS) {
      const newer = await rules('Read plans and policy').loadRules({ knownVersion: this.rules?.value.version ?? null });
      const value = newer ?? this.rules?.value;
      if (!value) throw new Error('loadRules answered nothing although no version was known');
      this.rules = { value, readAtMs: nowMs };
    }
    return this.rules.value;
  }

  /** A key of its own for each move on record, the same again in every replay and retry. */
  nextMoveKey(): string {
    this.moves += 1;
    return `${this.id}:${workflowInfo().firstExecutionRunId}:${this.moves}`;
  }

  /** Something did not succeed and is tried again soon; support sees what. */
  stumble(why: string): void {
    log.error('It did not succeed and is tried again', { why });
    this.attention.call('stumble', why);
    this.lookAgainSoon();
  }

  /** Customer time as it was last read; a clock of its own stands still between two readings. */
  customerNowMs(): number { return this.clock === null ? workflowNowMs() : this.clock.stands ? this.clock.customerMs : this.clock.customerMs + workflowNowMs() - this.clock.readAtMs; }
  sawClock({ customerNowMs, onTestClock }: BillingFacts): void { this.clock = { customerMs: customerNowMs, readAtMs: workflowNowMs(), stands: onTestClock }; }

  /** Support's list shows who needs a person, whether or not anything moved. */
  async tellAttention(): Promise<void> {
    const { text } = this.attention;
    if (text === this.toldAttention || text === null && this.toldAttention === undefined) return;
    await projections(text === null ? 'Nobody is needed any more' : 'A person is needed').setNeedsAttention({ customerId: this.id, needsAttention: text });
    this.toldAttention = text;
  }

  lookAgainSoon(): void { this.retryAtMs ??= workflowNowMs() + TRY_AGAIN_MS; }

  /** All went well: what was only a stumble needs no person any more. */
  recovered(): void { this.attention.takeBack('stumble'); }

  wakeAtMs(): number | null {
    const times = [this.policyWakeAtMs, this.retryAtMs].filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  view(inboxLength: number, idle: boolean): CustomerStatusView {
    const { stage, serviceLevel, overlays, planId, nextStep } = this.lifecycle;
    return { stage, serviceLevel, overlays, planId, nextStep, inboxLength, needsAttention: this.attention.text, resting: this.waits && idle && inboxLength === 0 && Object.keys(this.running).length === 0 };
  }

  /** Search attributes and current details; nothing is written where nothing changed. */
  show(): void {
    const { stage, serviceLevel, planId, nextStep, stageSinceMs } = this.lifecycle;
    const now = JSON.stringify([stage, stageSinceMs, serviceLevel, planId, nextStep?.atMs ?? null, this.attention.text]);
    setCurrentDetails(describeLifecycle(this.lifecycle, this.attention.text));
    if (now === this.shown) return;
    this.shown = now;
    upsertSearchAttributes([
      { key: CustomerStage, value: stage },
      { key: ServiceLevelAttribute, value: serviceLevel },
      { key: PlanId, value: planId },
      { key: NeedsAttention, value: this.attention.text !== null },
      { key: StageSince, value: stageSinceMs > 0 ? new Date(stageSinceMs) : null },
      { key: NextStepAt, value: nextStep?.atMs ? new Date(nextStep.atMs) : null },
    ]);
    upsertMemo({ next: nextStep?.what ?? '' });
  }

  carry(inbox: InboxMessage[]): CarriedState {
    const { lifecycle, seen, running, waiting, moves, attention } = this;
    return { lifecycle, inbox, seen, running, waiting, moves, attention: attention.reasons };
  }
}
