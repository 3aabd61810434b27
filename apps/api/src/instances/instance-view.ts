import type { DesiredState, InstanceStatus, Provider } from '#domain/instance/instance.types.js';
import { PROVISION_STEPS, type StepState } from '#domain/provisioning/provisioning.types.js';
import type { InstanceDto, InstanceStepDto } from './instance.dto.js';

export interface InstanceRow {
  id: string; customer_id: string; name: string; subdomain: string; plan_id: string; provider: Provider; model: string; settings: { skills?: string[] }; status: InstanceStatus;
  status_reason: string | null; status_since: Date; desired_state: DesiredState; generation: number; host_id: string | null; image: string | null; url: string | null;
  version: string; created_at: Date; place: string;
}
export interface StepRow { instance_id: string; generation: number; kind: 'provision' | 'teardown'; step: string; position: number; state: StepState; started_at: Date | null; ended_at: Date | null; error: string | null }

const GOING: readonly InstanceStatus[] = ['tearing_down', 'gone'];

/** The instance as its owner sees it. `steps` are all rows of the instance; those of its present undertaking are shown. */
export function instanceView(row: InstanceRow, steps: readonly StepRow[]): InstanceDto {
  return {
    id: row.id, name: row.name, subdomain: row.subdomain, planId: row.plan_id, provider: row.provider, model: row.model, skills: row.settings.skills ?? [], status: row.status,
    statusReason: row.status_reason, statusSince: row.status_since.toISOString(), desiredState: row.desired_state, url: row.url, host: row.host_id, image: row.image,
    generation: row.generation, version: Number(row.version), createdAt: row.created_at.toISOString(), steps: shownSteps(row, steps),
  };
}

function shownSteps(row: InstanceRow, steps: readonly StepRow[]): InstanceStepDto[] {
  const kind = GOING.includes(row.status) && steps.some((step) => step.kind === 'teardown') ? 'teardown' : 'provision';
  const shown = steps.filter((step) => step.kind === kind && step.generation === row.generation).sort((a, b) => a.position - b.position);
  // Wished, but not begun: the whole way lies ahead.
  if (shown.length === 0 && row.status === 'provisioning') return PROVISION_STEPS.map((name) => ({ name, state: 'waiting', startedAt: null, endedAt: null, error: null }));
  return shown.map((step) => ({ name: step.step, state: step.state, startedAt: step.started_at?.toISOString() ?? null, endedAt: step.ended_at?.toISOString() ?? null, error: step.error }));
}
