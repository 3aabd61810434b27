import { sayInstant } from './instant.js';
import { deadlineOf, stageAfter } from './lifecycle.case.js';
import { sayAmount } from './lifecycle.money.js';
import { DAY_MS } from './lifecycle.policy.js';
import type { DunningCase, LifecycleState } from './lifecycle.types.js';

const SUPPORT_CAN: Readonly<Record<string, string>> = {
  review: 'look at Stripe and mend what is wrong there; the next event or the reconciler takes the hold away',
  trial_end: 'cancel or extend the trial at Stripe',
  renewal: 'change the plan, or cancel at the end of the period',
  cancellation: 'undo the cancellation until it takes effect',
  pay_again: 'collect now, extend grace, pause dunning after a promise to pay, waive the invoice, or skip to a stage',
  grace: 'collect now, extend grace, pause dunning after a promise to pay, waive the invoice, or skip to a stage',
  downgrade: 'collect now, extend grace, pause dunning after a promise to pay, waive the invoice, or skip to a stage',
  suspension: 'collect now, pause dunning after a promise to pay, waive the invoice, or move back to grace',
  end: 'collect now, pause dunning after a promise to pay, waive the invoice, or move back',
  move_to_free: 'collect now, pause dunning after a promise to pay, waive the invoice, or move back to grace',
  payment_processing: 'wait: bank debits take days, and nothing gets worse meanwhile',
  dispute: 'answer the dispute at Stripe; nothing is charged and nothing removed until it is decided',
  paused: 'resume the subscription at Stripe when the customer asks for it',
  teardown: 'open a new checkout for the customer: it restores everything',
};

const cell = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();

/**
 * The state as the Markdown table of Temporal's current details: stage, why, what happens next and when, what support can do.
 * No personal data but what support itself wrote as its reason: only our ids and Stripe's.
 */
export function describeLifecycle(state: LifecycleState, needsAttention: string | null): string {
  const next = state.nextStep;
  const rows: [string, string][] = [
    ['Stage', `**${state.stage}**${state.overlays.length > 0 ? ` (${state.overlays.join(', ')})` : ''}`],
    ['Service', `${state.serviceLevel}${state.planId === null ? '' : ` · plan ${state.planId}`}`],
    ['Why', state.reason],
    ...(state.dunning == null ? [] : caseRows(state, state.dunning)),
    ['Next', next === null ? 'nothing is due' : `${next.what}${next.atMs === null ? '' : ` (${sayInstant(next.atMs)})`}`],
    ...(needsAttention === null ? [] : [['Needs attention', `**${needsAttention}**`] satisfies [string, string]]),
    ['Support can', SUPPORT_CAN[next?.code ?? ''] ?? 'leave it: nothing needs to be done'],
    ['Record', `subscription ${state.subscriptionId ?? 'none'} · cycle ${state.cycle} · policy ${state.policyVersion}`],
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, text]) => `| ${name} | ${cell(text)} |`)].join('\n');
}

/** The open case: what is owed since when, what was tried, what is to come, what support gave. */
function caseRows(state: LifecycleState, dunning: DunningCase): [string, string][] {
  const attempts = Object.values(dunning.attempts).map(({ atMs, trigger, outcome }) => `${sayInstant(atMs)} ${trigger.replaceAll('_', ' ')}: ${outcome}`);
  const deadlines: string[] = [];
  for (let stage = stageAfter(state.stage, false); stage !== null; stage = stageAfter(stage, false)) deadlines.push(`${stage} ${sayInstant(deadlineOf(dunning, stage))}`);
  const shifts = dunning.shifts.map(({ kind, ms, actor, reason }) => `${kind.replaceAll('_', ' ')} ${ms < 0 ? '−' : '+'}${Math.round(Math.abs(ms) / DAY_MS * 10) / 10} days by ${actor}: ${reason}`);
  return [
    ['Case', `${dunning.id} · ${sayAmount(dunning.amountRemainingCents, dunning.currency)} open since ${sayInstant(dunning.anchorMs)} · ${dunning.invoiceIds.join(', ')} · policy ${dunning.policy.version}`],
    ['Attempts', attempts.length > 0 ? attempts.join('; ') : dunning.policy.retryOwner === 'stripe' ? 'by Stripe' : 'none yet'],
    ...(dunning.hardDecline === null ? [] : [['Declined', `${dunning.hardDecline}: only another card helps`] satisfies [string, string]]),
    ['Deadlines', deadlines.join('; ')],
    ...(shifts.length === 0 ? [] : [['Given by support', shifts.join('; ')] satisfies [string, string]]),
  ];
}
