import type { Decision, InstanceFacts, LifecycleState, NoticeKind } from '#domain/lifecycle/lifecycle.types.js';
import type { DesiredState, InstanceStatus } from '#domain/instance/instance.types.js';
import type { StepState } from '#domain/provisioning/provisioning.types.js';

/** Postgres, in the worker that runs the workflow (activities.ts): what the dashboard reads, and the append-only ledger of the lifecycle. */
export interface ProjectionsPort {
  loadInstances(input: { customerId: string }): Promise<InstanceFacts[]>;
  loadInstance(input: { instanceId: string }): Promise<InstanceRecord | null>;
  /** One transaction: stage, one ledger row (policy version, reason), the notices owed, the case, event for the dashboard. Repeating is a no-op (key). */
  recordDecision(input: { customerId: string; key: string; from: LifecycleState; decision: Decision; actor: string; needsAttention: string | null; customerNowMs: number; notices: NoticeOwed[] }): Promise<void>;
  /** What support did: one ledger row with actor and reason, the case as it is then. Repeating is a no-op (key). */
  recordSupportAct(input: { customerId: string; key: string; verb: string; actor: string; reason: string; details: Record<string, string | number | null>; after: LifecycleState; customerNowMs: number }): Promise<void>;
  /** What a person must look at, or null. */
  setNeedsAttention(input: { customerId: string; needsAttention: string | null }): Promise<void>;
  setInstanceStatus(input: { instanceId: string; status: InstanceStatus; reason: string | null; desiredState?: DesiredState; generation?: number; planId?: string }): Promise<void>;
  /** What has become of steps, in the order in which it came about: one call says "this is done, that has begun". */
  recordSteps(input: { instanceId: string; generation: number; kind: 'provision' | 'teardown'; changes: readonly StepChange[] }): Promise<void>;
}

/** `data`: plain facts for the text. */
export interface NoticeOwed { key: string; kind: NoticeKind; data: Record<string, string | number | null> }
export interface StepChange { step: string; position: number; state: StepState; error: string | null }

export interface InstanceRecord {
  id: string; customerId: string; planId: string; status: InstanceStatus; desiredState: DesiredState;
  generation: number; hostId: string | null; subdomain: string;
}
