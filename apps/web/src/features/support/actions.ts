import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { SupportCustomerDetail, SupportVerb } from '../../api/support.js';

export const VERBS = ['pay-now', 'extend-grace', 'pause-dunning', 'waive-invoice', 'set-stage', 'retry-step'] as const satisfies readonly SupportVerb[];
/** Why an act cannot be done now: a key of `support.actions.refused`. The API has the last word. */
export type Refusal = 'noInvoice' | 'noCase' | 'graceOver' | 'paused' | 'noInstance';
export const SETTABLE = ['grace', 'downgraded', 'suspended', 'ended'] as const satisfies readonly Stage[];
export type Settable = (typeof SETTABLE)[number];

const DAY_MS = 86_400_000;
/** The most that the API takes at once. */
export const MOST_DAYS = { 'extend-grace': 30, 'pause-dunning': 14 } as const;

type Facts = Pick<SupportCustomerDetail, 'stage' | 'dunning' | 'invoices' | 'instances'>;

/** Oldest first, as they are paid. */
export const openInvoices = ({ invoices }: Pick<Facts, 'invoices'>): SupportCustomerDetail['invoices'] =>
  invoices.filter(({ status, amountRemainingCents }) => status === 'open' && amountRemainingCents > 0).sort((a, b) => a.createdAt.localeCompare(b.createdAt));

/** Whether an act makes sense as the customer stands, so that nobody fills in a form in vain. */
export function refusalOf(verb: SupportVerb, facts: Facts): Refusal | null {
  const { dunning, stage } = facts;
  switch (verb) {
    case 'pay-now':
    case 'waive-invoice': return openInvoices(facts).length === 0 ? 'noInvoice' : null;
    case 'extend-grace': return dunning === null ? 'noCase' : stage === 'retrying' || stage === 'grace' ? null : 'graceOver';
    case 'pause-dunning': return dunning === null ? 'noCase' : dunning.shifts.some(({ kind }) => kind === 'pause') ? 'paused' : null;
    case 'set-stage': return dunning === null ? 'noCase' : null;
    case 'retry-step': return facts.instances.length === 0 ? 'noInstance' : null;
  }
}

export interface ShiftedDeadline { readonly stage: Stage; readonly from: string; readonly to: string }

/** The deadlines that so many days would move: those of `downgraded` and after for grace, all that lie ahead for a pause. */
export function shiftedDeadlines(verb: 'extend-grace' | 'pause-dunning', days: number, dunning: NonNullable<Facts['dunning']>, stage: Stage): readonly ShiftedDeadline[] {
  const order: readonly Stage[] = ['retrying', ...SETTABLE, 'torn_down'];
  const first = verb === 'extend-grace' ? order.indexOf('downgraded') : order.indexOf(stage) + 1;
  return dunning.deadlines.filter((one) => order.indexOf(one.stage) >= first).map((one) => ({ stage: one.stage, from: one.at, to: new Date(Date.parse(one.at) + days * DAY_MS).toISOString() }));
}

/** Skipping forward hurts and is asked for as such; moving back does not. */
export const isForward = (from: Stage, to: Settable): boolean => {
  const order: readonly Stage[] = ['retrying', ...SETTABLE];
  return order.indexOf(to) > order.indexOf(from);
};
