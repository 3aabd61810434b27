import type { LifecycleState } from './lifecycle.types.js';
import { sayInstant } from './instant.js';

const SUPPORT_CAN: Readonly<Record<string, string>> = {
  review: 'look at Stripe and mend what is wrong there; the next event or the reconciler takes the hold away',
  trial_end: 'cancel or extend the trial at Stripe',
  renewal: 'change the plan, or cancel at the end of the period',
  cancellation: 'undo the cancellation until it takes effect',
  teardown: 'open a new checkout for the customer: it restores everything',
};

const cell = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();

/**
 * The state as the Markdown table of Temporal's current details: stage, why, what happens next and when, what support can do.
 * No personal data: only our ids and Stripe's.
 */
export function describeLifecycle(state: LifecycleState, needsAttention: string | null): string {
  const next = state.nextStep;
  const rows: [string, string][] = [
    ['Stage', `**${state.stage}**${state.overlays.length > 0 ? ` (${state.overlays.join(', ')})` : ''}`],
    ['Service', `${state.serviceLevel}${state.planId === null ? '' : ` · plan ${state.planId}`}`],
    ['Why', state.reason],
    ['Next', next === null ? 'nothing is due' : `${next.what}${next.atMs === null ? '' : ` (${sayInstant(next.atMs)})`}`],
    ...(needsAttention === null ? [] : [['Needs attention', `**${needsAttention}**`] satisfies [string, string]]),
    ['Support can', SUPPORT_CAN[next?.code ?? ''] ?? 'leave it: nothing needs to be done'],
    ['Record', `subscription ${state.subscriptionId ?? 'none'} · cycle ${state.cycle} · policy ${state.policyVersion}`],
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, text]) => `| ${name} | ${cell(text)} |`)].join('\n');
}
