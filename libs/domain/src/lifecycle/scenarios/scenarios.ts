import type { Scenario } from './scenario.types.js';

/** By their numbers in the list of acceptance scenarios; from 21 on they are ours. Dates are by our policies. */
const support = { actor: 'support:anna', reason: 'Promised to pay.' };
const failed = (code?: string): Scenario['steps'][number] => ({ day: 0, do: 'renewal fails', invoice: 'in_1', ...(code === undefined ? {} : { code }) });

export const SCENARIOS: readonly Scenario[] = [
  { no: '1', title: 'A year of renewals that are paid', planId: 'max', untilDay: 155,
    steps: [0, 31, 62, 93, 124].map((day) => ({ day, do: 'renewal is paid', invoice: `in_${day}` }) as const) },
  { no: '2', title: 'A trial converts', planId: 'max', trial: true, untilDay: 31, steps: [
    { day: -1 / 24, do: 'Stripe says', status: 'active' }, { day: 0, do: 'renewal is paid', invoice: 'in_1' }] },
  { no: '2b', title: 'A trial ends on a card that declines: active for an hour, but never "paid"', planId: 'max', trial: true, untilDay: 13, steps: [
    { day: -1 / 24, do: 'Stripe says', status: 'active' }, failed()] },
  { no: '3', title: 'Paused at Stripe because the trial ended without a card; resuming fails once, then is paid', planId: 'max', untilDay: 60, steps: [
    { day: 0, do: 'Stripe says', status: 'paused', pauseReason: 'trial_end_without_payment_method' },
    { day: 2, do: 'resume fails', invoice: 'in_resume' }, { day: 3, do: 'resume is paid', invoice: 'in_resume' }] },
  { no: '3b', title: 'The customer asks for a pause: what is not owed opens no case', planId: 'solo', untilDay: 200, steps: [
    { day: 0, do: 'Stripe says', status: 'paused', pauseReason: 'pause_requested' }, { day: 90, do: 'Stripe says', status: 'active' } ] },
  { no: '3c', title: 'Paused for a reason that nobody knows', planId: 'max', untilDay: 40, steps: [{ day: 0, do: 'Stripe says', status: 'paused', pauseReason: 'system' }] },
  { no: '4', title: 'Never paid: from the first failure to the teardown', planId: 'max', untilDay: 80, steps: [failed()] },
  { no: '4b', title: 'Never paid, and the plan leads to Free: nothing stops', planId: 'pro', untilDay: 80, steps: [failed()] },
  { no: '4c', title: 'Never paid, and the plan leads nowhere: full limits until the stop', planId: 'solo', untilDay: 80, steps: [failed()] },
  { no: '5', title: 'Paid by a retry on day 13, while downgraded or in grace', planId: 'max', untilDay: 31, steps: [failed(), { day: 13, do: 'invoice is paid', invoice: 'in_1' }] },
  { no: '5b', title: 'Paid on day 25, while suspended', planId: 'max', untilDay: 31, steps: [failed(), { day: 25, do: 'invoice is paid', invoice: 'in_1' }] },
  { no: '6', title: 'The card is changed on day 3, in the wrong slot', planId: 'max', untilDay: 31, steps: [failed(), { day: 3.5, do: 'card is changed', card: 'pm_new', slot: 'wrong', answer: null }] },
  { no: '6b', title: 'The card is changed on day 9, and the new one is declined too', planId: 'max', untilDay: 15, steps: [failed(), { day: 9, do: 'card is changed', card: 'pm_new', slot: 'right', answer: 'generic_decline' }] },
  { no: '7', title: 'A stolen card: no attempt until another card is there, on day 20', planId: 'max', untilDay: 31, steps: [failed('stolen_card'), { day: 20, do: 'card is changed', card: 'pm_new', slot: 'right', answer: null }] },
  { no: '9', title: 'All webhooks are lost for three days: the true anchor, the notice late', planId: 'max', untilDay: 14, steps: [{ day: 0, do: 'renewal fails', invoice: 'in_1', seenOnDay: 3 }] },
  { no: '9b', title: 'All webhooks are lost for twenty days: one attempt, then stage by stage, each told a day before', planId: 'max', untilDay: 40, steps: [{ day: 0, do: 'renewal fails', invoice: 'in_1', seenOnDay: 20 }] },
  { no: '10', title: 'The worker is down from day 4 to day 16', planId: 'max', untilDay: 60, steps: [failed(), { day: 4, do: 'worker is down', untilDay: 16 }] },
  { no: '10b', title: 'The worker is down from day 6 to day 70', planId: 'max', untilDay: 110, steps: [failed(), { day: 6, do: 'worker is down', untilDay: 70 }] },
  { no: '10c', title: 'No mail leaves the house for a fortnight: nobody is hurt untold', planId: 'max', untilDay: 30, steps: [failed(), { day: 4, do: 'mail is down' }, { day: 18, do: 'mail works again' }] },
  { no: '11', title: 'The older of two open invoices is paid: the anchor moves later', planId: 'max', untilDay: 18, steps: [failed(), { day: 4, do: 'another invoice fails', invoice: 'in_2', amountCents: 500 }, { day: 6, do: 'invoice is paid', invoice: 'in_1' }, { day: 6, do: 'Stripe says', status: 'past_due' }] },
  { no: '11b', title: 'The older is paid while downgraded: the stage gets better', planId: 'max', untilDay: 27, steps: [failed(), { day: 10, do: 'another invoice fails', invoice: 'in_2', amountCents: 500 }, { day: 18, do: 'invoice is paid', invoice: 'in_1' }, { day: 18, do: 'Stripe says', status: 'past_due' }] },
  { no: '12', title: 'Paid in parts', planId: 'max', untilDay: 31, steps: [failed(), { day: 5.5, do: 'invoice is partly paid', invoice: 'in_1', remainingCents: 1500 }, { day: 8, do: 'invoice is paid', invoice: 'in_1' }] },
  { no: '13', title: 'Paid inside the request that would end the subscription', planId: 'max', untilDay: 31, steps: [failed(), { day: 25, do: 'is paid while it is ended', invoice: 'in_1' }] },
  { no: '13b', title: 'Stripe ends the subscription by itself on day 15: the calendar goes on', planId: 'max', untilDay: 60, steps: [failed(), { day: 15, do: 'Stripe says', status: 'canceled', endReason: 'payment_failed' }] },
  { no: '13c', title: 'Stripe ended it, and the invoice is paid afterwards: a person decides', planId: 'max', untilDay: 60, steps: [failed(), { day: 15, do: 'Stripe says', status: 'canceled', endReason: 'payment_failed' }, { day: 18, do: 'invoice is paid', invoice: 'in_1' }] },
  { no: '15', title: 'An upgrade that is not paid opens no case', planId: 'solo', untilDay: 20, steps: [{ day: -20, do: 'upgrade fails', invoice: 'in_up' }] },
  { no: '16', title: 'A smaller plan is booked for the end of the period, and comes', planId: 'max', untilDay: 20, steps: [
    { day: -20, do: 'plan change is booked', planId: 'solo', onDay: 0 }, { day: 0, do: 'plan is changed', planId: 'solo' }, { day: 0, do: 'renewal is paid', invoice: 'in_1' }] },
  { no: '16b', title: 'Cancels at the end of the period while in dunning, and thinks better of it', planId: 'max', untilDay: 31, steps: [failed(), { day: 2, do: 'cancels at period end' }, { day: 7, do: 'undoes the cancellation' }, { day: 8, do: 'invoice is paid', invoice: 'in_1' }] },
  { no: '17', title: 'A dispute that is won', planId: 'max', untilDay: 90, steps: [{ day: 0, do: 'renewal is paid', invoice: 'in_1' }, { day: 19, do: 'dispute', id: 'dp_1', status: 'needs_response' }, { day: 25, do: 'dispute', id: 'dp_1', status: 'under_review' }, { day: 62, do: 'dispute', id: 'dp_1', status: 'won' }] },
  { no: '17b', title: 'A dispute that is lost', planId: 'max', untilDay: 90, steps: [{ day: 0, do: 'renewal is paid', invoice: 'in_1' }, { day: 19, do: 'dispute', id: 'dp_1', status: 'needs_response' }, { day: 62, do: 'dispute', id: 'dp_1', status: 'lost' }] },
  { no: '17c', title: 'An inquiry, and a dispute that was prevented: nothing happens', planId: 'max', untilDay: 31, steps: [{ day: 3, do: 'dispute', id: 'dp_1', status: 'warning_needs_response' }, { day: 4, do: 'dispute', id: 'dp_2', status: 'prevented' }] },
  { no: '19', title: 'Two live subscriptions: everything stays until a person has looked', planId: 'max', untilDay: 40, steps: [failed(), { day: 1.5, do: 'two live subscriptions' }, { day: 30, do: 'Stripe shows all again' }] },
  { no: '20c', title: 'Stripe shows nothing for a month: nobody is made worse off', planId: 'max', untilDay: 33, steps: [failed(), { day: 1.5, do: 'Stripe shows nothing' }, { day: 31, do: 'Stripe shows all again' }] },
  { no: '20d', title: 'A status that nobody knows', planId: 'max', untilDay: 30, steps: [failed(), { day: 6, do: 'Stripe says', status: 'frozen_by_bank' }] },
  { no: '21', title: 'A bank debit that takes six days and fails', planId: 'max', untilDay: 24, steps: [{ day: -6, do: 'renewal is processing', invoice: 'in_1' }, { day: 0, do: 'bank debit fails', invoice: 'in_1' }] },
  { no: '21b', title: 'A bank debit on its way when the limits are due: the deadline waits', planId: 'max', untilDay: 31, steps: [failed(), { day: 11, do: 'card is changed', card: 'pm_bank', slot: 'right', answer: 'processing' }, { day: 16, do: 'invoice is paid', invoice: 'in_1' }] },
  { no: '21c', title: 'A bank debit that is on its way for ever', planId: 'max', untilDay: 31, steps: [failed(), { day: 11, do: 'card is changed', card: 'pm_bank', slot: 'right', answer: 'processing' }] },
  { no: '22', title: 'Support extends grace by a week', planId: 'max', untilDay: 40, steps: [failed(), { day: 8, do: 'support', act: { verb: 'extend_grace', days: 7, ...support } }] },
  { no: '23', title: 'A promise to pay: dunning is paused for ten days, once', planId: 'max', untilDay: 40, steps: [failed(), { day: 2, do: 'support', act: { verb: 'pause_dunning', days: 10, ...support } }, { day: 20, do: 'support', act: { verb: 'pause_dunning', days: 1, ...support } }] },
  { no: '24', title: 'Support moves a suspended customer back to grace', planId: 'max', untilDay: 45, steps: [failed(), { day: 22, do: 'support', act: { verb: 'set_stage', stage: 'grace', ...support } }] },
  { no: '25', title: 'Support skips to the stop: still one stage at a time, each told a day before', planId: 'max', untilDay: 15, steps: [failed(), { day: 2, do: 'support', act: { verb: 'set_stage', stage: 'suspended', ...support } }] },
  { no: '26', title: 'Support waives the invoice', planId: 'max', untilDay: 31, steps: [failed(), { day: 20, do: 'support waives', invoice: 'in_1' }] },
];
