import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { StepState } from '#domain/provisioning/provisioning.types.js';

export const PROVISION_INSTANCE = 'provisionInstance';
export const TEARDOWN_INSTANCE = 'teardownInstance';

export interface ProvisionInput {
  customerId: string; instanceId: string; generation: number; planId: string;
  /** A rebuild: the volumes are the owner's and stay, whatever becomes of it. */
  keepData: boolean;
}
export interface TeardownInput { customerId: string; instanceId: string; generation: number; hostId: string | null; reason: string; keepExport: boolean }

export interface StepView { name: string; state: StepState; error: string | null }
export interface InstanceWorkflowView { steps: StepView[]; needsAttention: string | null }

/** Support: try the step that stands in need of attention once more. */
export const retryStepUpdate = defineUpdate<void, [{ actor: string; reason: string }]>('retryStep');
/** The same, passed on by `customer/<id>`, which can signal its child but not update it. */
export const retryStepSignal = defineSignal('retryStepPassedOn');
/** Support: give up; what is left is listed in the answer of the workflow. */
export const abandonUpdate = defineUpdate<void, [{ actor: string; reason: string }]>('abandon');
export const instanceWorkflowQuery = defineQuery<InstanceWorkflowView>('status');
