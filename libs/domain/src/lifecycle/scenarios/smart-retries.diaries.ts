import type { Diaries } from './scenario.types.js';

/** What comes of each scenario by the policy `smart-retries`. */
export const SMART_RETRIES_DIARIES: Diaries = {
  // A year of renewals that are paid
  '1': [],
  // A trial converts
  '2': [
    'day -2 23:00 mail trial_ending:24h',
    'day -1 23:00 trialing → active',
    'day 0 mail payment_received',
  ],
  // A trial ends on a card that declines: active for an hour, but never "paid"
  '2b': [
    'day -2 23:00 mail trial_ending:24h',
    'day -1 23:00 trialing → active',
    'day 0 active → retrying · mail payment_failed',
  ],
  // Paused at Stripe because the trial ended without a card; resuming fails once, then is paid
  '3': [
    'day 0 active → suspended · stop a · mail subscription_paused',
    'day 3 suspended → active · provision a',
  ],
  // The customer asks for a pause: what is not owed opens no case
  '3b': [
    'day 0 active → suspended · stop a · mail subscription_paused',
    'day 90 suspended → active · provision a',
  ],
  // Paused for a reason that nobody knows
  '3c': [
    'day 0 review: Stripe paused subscription sub_1 (status "paused") for a reason that this release does not know: "system".',
  ],
  // Never paid: from the first failure to the teardown
  '4': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
    'day 42 mail teardown_soon:14d',
    'day 49 mail teardown_soon:7d',
    'day 55 mail teardown_soon:1d',
    'day 56 ended → torn_down · tear down a · mail torn_down',
  ],
  // Never paid, and the plan leads to Free: nothing stops
  '4b': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply free to a · mail downgraded',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel (unpaid) · downgraded → active · mail moved_to_free',
  ],
  // Never paid, and the plan leads nowhere: full limits until the stop
  '4c': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
    'day 42 mail teardown_soon:14d',
    'day 49 mail teardown_soon:7d',
    'day 55 mail teardown_soon:1d',
    'day 56 ended → torn_down · tear down a · mail torn_down',
  ],
  // Paid by a retry on day 13, while downgraded or in grace
  '5': [
    'day 0 active → retrying · mail payment_failed',
    'day 13 retrying → active · mail payment_recovered',
  ],
  // Paid on day 25, while suspended
  '5b': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 25 suspended → active · apply max to a · provision a · mail payment_recovered',
  ],
  // The card is changed on day 3, in the wrong slot
  '6': [
    'day 0 active → retrying · mail payment_failed',
    'day 3 12:00 adopt pm_new · pay in_1:card:pm_new (card_changed): paid · retrying → active · mail payment_recovered',
  ],
  // The card is changed on day 9, and the new one is declined too
  '6b': [
    'day 0 active → retrying · mail payment_failed',
    'day 9 pay in_1:card:pm_new (card_changed): declined',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
  ],
  // A stolen card: no attempt until another card is there, on day 20
  '7': [
    'day 0 active → retrying · mail payment_action_needed · retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 20 pay in_1:card:pm_new (card_changed): paid · downgraded → active · apply max to a · mail payment_recovered',
  ],
  // All webhooks are lost for three days: the true anchor, the notice late
  '9': [
    'day 3 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
  ],
  // All webhooks are lost for twenty days: one attempt, then stage by stage, each told a day before
  '9b': [
    'day 20 active → retrying · mail payment_failed · retrying → grace · mail grace_began',
    'day 21 grace → downgraded · apply solo to a · mail downgraded',
    'day 22 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
  ],
  // The worker is down from day 4 to day 16
  '10': [
    'day 0 active → retrying · mail payment_failed',
    'day 16 retrying → grace · mail grace_began',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
    'day 42 mail teardown_soon:14d',
    'day 49 mail teardown_soon:7d',
    'day 55 mail teardown_soon:1d',
    'day 56 ended → torn_down · tear down a · mail torn_down',
  ],
  // The worker is down from day 6 to day 70
  '10b': [
    'day 0 active → retrying · mail payment_failed',
    'day 70 retrying → grace · mail grace_began',
    'day 71 grace → downgraded · apply solo to a · mail downgraded',
    'day 72 downgraded → suspended · stop a · mail suspended',
    'day 75 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
    'day 81 mail teardown_soon:1d',
    'day 82 ended → torn_down · tear down a · mail torn_down',
  ],
  // No mail leaves the house for a fortnight: nobody is hurt untold
  '10c': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace',
    'day 18 mail grace_began',
    'day 19 grace → downgraded · apply solo to a · mail downgraded',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
  ],
  // The older of two open invoices is paid: the anchor moves later
  '11': [
    'day 0 active → retrying · mail payment_failed',
    'day 18 retrying → grace · mail grace_began',
  ],
  // The older is paid while downgraded: the stage gets better
  '11b': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d · downgraded → grace · apply max to a · mail grace_began:r1',
    'day 25 mail downgrade_soon:2d:r2',
    'day 26 mail downgrade_soon:1d:r2',
    'day 27 grace → downgraded · apply solo to a · mail downgraded:r1',
  ],
  // Paid in parts
  '12': [
    'day 0 active → retrying · mail payment_failed',
    'day 8 retrying → active · mail payment_recovered',
  ],
  // Paid inside the request that would end the subscription
  '13': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel: paid meanwhile, nothing was done · suspended → active · apply max to a · provision a · mail payment_recovered',
  ],
  // Stripe ends the subscription by itself on day 15: the calendar goes on
  '13b': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
    'day 26 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
    'day 42 mail teardown_soon:14d',
    'day 49 mail teardown_soon:7d',
    'day 55 mail teardown_soon:1d',
    'day 56 ended → torn_down · tear down a · mail torn_down',
  ],
  // Stripe ended it, and the invoice is paid afterwards: a person decides
  '13c': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d · review: Subscription sub_1 was paid after Stripe had ended it: serve it again, or pay it back.',
  ],
  // An upgrade that is not paid opens no case
  '15': [],
  // A smaller plan is booked for the end of the period, and comes
  '16': [
    'day -20 mail plan_change_scheduled:solo',
    'day 0 apply solo to a · mail plan_changed:1',
  ],
  // Cancels at the end of the period while in dunning, and thinks better of it
  '16b': [
    'day 0 active → retrying · mail payment_failed',
    'day 2 mail cancel_scheduled:1',
    'day 7 mail cancel_undone:1',
    'day 8 retrying → active · mail payment_recovered',
  ],
  // A dispute that is won
  '17': [
    'day 19 pause collection · mail dispute_opened:dp_1',
    'day 62 resume collection · mail dispute_closed:dp_1',
  ],
  // A dispute that is lost
  '17b': [
    'day 19 pause collection · mail dispute_opened:dp_1',
    'day 62 void and cancel (dispute_lost) · active → ended · stop a · export a · mail ended_export_offered',
    'day 68 mail teardown_soon:1d',
    'day 69 ended → torn_down · tear down a · mail torn_down',
  ],
  // An inquiry, and a dispute that was prevented: nothing happens
  '17c': [],
  // Two live subscriptions: everything stays until a person has looked
  '19': [
    'day 0 active → retrying · mail payment_failed',
    'day 1 12:00 review: Stripe shows 2 live subscriptions of this customer; there may be only one.',
    'day 30 retrying → grace · mail grace_began',
    'day 31 grace → downgraded · apply solo to a · mail downgraded',
    'day 32 downgraded → suspended · stop a · mail suspended',
    'day 35 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
  ],
  // Stripe shows nothing for a month: nobody is made worse off
  '20c': [
    'day 0 active → retrying · mail payment_failed',
    'day 1 12:00 review: Stripe no longer shows subscription sub_1; that is unknown, not ended.',
    'day 31 retrying → grace · mail grace_began',
    'day 32 grace → downgraded · apply solo to a · mail downgraded',
    'day 33 downgraded → suspended · stop a · mail suspended',
  ],
  // A status that nobody knows
  '20d': [
    'day 0 active → retrying · mail payment_failed',
    'day 6 review: Stripe says "frozen_by_bank" of the subscription, a word that this release does not know.',
  ],
  // A bank debit that takes six days and fails
  '21': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 23 mail end_soon:d23',
  ],
  // A bank debit on its way when the limits are due: the deadline waits
  '21b': [
    'day 0 active → retrying · mail payment_failed',
    'day 11 pay in_1:card:pm_bank (card_changed): processing',
    'day 16 retrying → active · mail payment_recovered',
  ],
  // A bank debit that is on its way for ever
  '21c': [
    'day 0 active → retrying · mail payment_failed',
    'day 11 pay in_1:card:pm_bank (card_changed): processing',
    'day 25 review: A payment of case sub_1:1 is on its way for more than 14 days.',
  ],
  // Support extends grace by a week
  '22': [
    'day 0 active → retrying · mail payment_failed',
    'day 8 support: extend_grace · mail grace_extended:1',
    'day 14 retrying → grace · mail grace_began',
    'day 22 mail downgrade_soon:2d:r1',
    'day 23 mail downgrade_soon:1d:r1',
    'day 24 grace → downgraded · apply solo to a · mail downgraded',
    'day 25 mail suspension_soon:3d:r1',
    'day 28 downgraded → suspended · stop a · mail suspended',
    'day 30 mail end_soon:d23:r1',
    'day 33 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
  ],
  // A promise to pay: dunning is paused for ten days, once
  '23': [
    'day 0 active → retrying · mail payment_failed',
    'day 2 support: pause_dunning · mail dunning_paused:1',
    'day 20 refused: PAUSE_USED',
    'day 24 retrying → grace · mail grace_began',
    'day 25 mail downgrade_soon:2d:r1',
    'day 26 mail downgrade_soon:1d:r1',
    'day 27 grace → downgraded · apply solo to a · mail downgraded',
    'day 28 mail suspension_soon:3d:r1',
    'day 31 downgraded → suspended · stop a · mail suspended',
    'day 33 mail end_soon:d23:r1',
    'day 36 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
  ],
  // Support moves a suspended customer back to grace
  '24': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 21 downgraded → suspended · stop a · mail suspended',
    'day 22 support: set_stage · suspended → grace · apply max to a · provision a · mail grace_began:r1',
    'day 23 mail downgrade_soon:2d:r2',
    'day 24 mail downgrade_soon:1d:r2',
    'day 25 grace → downgraded · apply solo to a · mail downgraded:r1',
    'day 26 mail suspension_soon:3d:r2',
    'day 29 downgraded → suspended · stop a · mail suspended:r1',
    'day 31 mail end_soon:d23:r2',
    'day 34 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
  ],
  // Support skips to the stop: still one stage at a time, each told a day before
  '25': [
    'day 0 active → retrying · mail payment_failed',
    'day 2 support: set_stage · retrying → grace · mail grace_began',
    'day 3 grace → downgraded · apply solo to a · mail downgraded',
    'day 4 downgraded → suspended · stop a · mail suspended',
    'day 7 void and cancel (unpaid) · suspended → ended · export a · mail ended_unpaid',
  ],
  // Support waives the invoice
  '26': [
    'day 0 active → retrying · mail payment_failed',
    'day 14 retrying → grace · mail grace_began',
    'day 15 mail downgrade_soon:2d',
    'day 16 mail downgrade_soon:1d',
    'day 17 grace → downgraded · apply solo to a · mail downgraded',
    'day 18 mail suspension_soon:3d',
    'day 20 downgraded → active · apply max to a · mail payment_waived',
  ],
};
