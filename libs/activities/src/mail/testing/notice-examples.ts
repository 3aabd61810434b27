import type { NoticeKind } from '#domain/lifecycle/lifecycle.types.js';
import type { NoticeInput } from '../render-notice.js';

type Facts = Omit<NoticeInput, 'kind' | 'locale'>;

/** A case by the standard policy: first failed on 1 March 2027, 10:05 UTC. */
const day = (days: number): number => Date.UTC(2027, 2, 1 + days, 10, 5);
const BASE: Facts = {
  timeZone: 'Europe/Berlin', publicUrl: 'http://dash.test', instanceId: 'i-1', assistantName: 'Rex', planName: 'Pro', amountCents: 2900, currency: 'usd',
  atMs: null, nextCode: null, attemptAtMs: null, declineCode: null, smallerPlanName: null, untilMs: null, cardLast4: '4242',
};

/** What is known when a notice of the kind is written, in a life as the standard policy plays it. */
export const EXAMPLES: Readonly<Partial<Record<NoticeKind, Partial<Facts>>>> = {
  trial_started: { atMs: day(2), nextCode: 'trial_end' },
  trial_ending: { atMs: day(1), nextCode: 'trial_end' },
  payment_received: { atMs: day(31), nextCode: 'renewal' },
  cancel_scheduled: { atMs: day(31), nextCode: 'cancellation' },
  cancel_undone: { atMs: day(31), nextCode: 'renewal' },
  ended_export_offered: { atMs: day(7), nextCode: 'teardown' },
  teardown_soon: { atMs: day(56), nextCode: 'teardown' },
  payment_failed: { attemptAtMs: day(1), atMs: day(1), nextCode: 'pay_again', declineCode: 'insufficient_funds' },
  payment_action_needed: { atMs: day(5), nextCode: 'grace', declineCode: 'authentication_required' },
  grace_began: { atMs: day(12), nextCode: 'downgrade', smallerPlanName: 'Free' },
  downgrade_soon: { atMs: day(12), nextCode: 'downgrade', smallerPlanName: 'Free' },
  downgraded: { atMs: day(19), nextCode: 'suspension', smallerPlanName: 'Free' },
  suspension_soon: { atMs: day(19), nextCode: 'suspension' },
  suspended: { atMs: day(26), nextCode: 'end' },
  end_soon: { atMs: day(26), nextCode: 'end' },
  ended_unpaid: { atMs: day(56), nextCode: 'teardown' },
  payment_recovered: { atMs: day(31), nextCode: 'renewal' },
  payment_waived: { atMs: day(31), nextCode: 'renewal' },
  dunning_paused: { untilMs: day(9), atMs: day(9), nextCode: 'paused' },
  grace_extended: { untilMs: day(17), atMs: day(17), nextCode: 'downgrade', smallerPlanName: 'Free' },
  plan_change_scheduled: { planName: 'Starter', amountCents: 900, atMs: day(31), nextCode: 'renewal' },
  plan_changed: { planName: 'Team', amountCents: 9900, atMs: day(31), nextCode: 'renewal' },
};

/** The facts of an example: what every notice knows, and what this kind knows. */
export const exampleOf = (kind: NoticeKind): Facts => ({ ...BASE, ...EXAMPLES[kind] });
