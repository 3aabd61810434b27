import { capital, upcomingEn } from './en-next.js';
import { given, type MoneyKind, type NoticeFacts, type NoticeTexts } from './notice-text.js';
import type { NextStepCode } from '#domain/lifecycle/lifecycle.types.js';

const plan = (facts: NoticeFacts): string => facts.plan ?? 'your plan';
const assistant = (facts: NoticeFacts): string => (facts.assistant === null ? 'Your assistant' : `Your assistant ${facts.assistant}`);
const open = (facts: NoticeFacts): string => (facts.amount === null ? `The payment for ${plan(facts)}` : `${facts.amount} for ${plan(facts)}`);
const limits = (facts: NoticeFacts): string => (facts.smallerPlan === null ? 'smaller limits' : `the limits of ${facts.smallerPlan}`);
const failed = (facts: NoticeFacts): string =>
  [`We could not collect ${facts.amount ?? 'the payment'} for ${plan(facts)}${facts.card === null ? '' : ` from the card ending in ${facts.card}`}.`, ...given(facts.decline, (why) => why)].join(' ');
const next = (facts: NoticeFacts, code: NextStepCode): string[] => given(upcomingEn(facts, code), (sentence) => sentence);
const PAY = { label: 'Pay or change the card', page: 'billing' } as const;
const BILLING = { label: 'Open billing', page: 'billing' } as const;
const BACK = 'One payment brings the full plan back at once.';

/** Failed payments and what follows: what happened, what happens next and when, what is lost and what is kept. */
export const EN_MONEY: NoticeTexts<MoneyKind> = {
  payment_failed: (facts) => ({
    subject: facts.attempt === null ? 'Your payment did not go through' : `Your payment did not go through: we try again on ${facts.attempt}`,
    paragraphs: [
      failed(facts),
      facts.attempt === null ? 'Everything keeps working for now.' : `We try again on ${facts.attempt}. Until then everything keeps working.`,
      ...(facts.date === facts.attempt ? [] : next(facts, 'grace')),
      'You can pay now or use another card on your billing page. Then nothing more happens.',
    ],
    action: PAY,
  }),
  payment_action_needed: (facts) => ({
    subject: 'Your payment needs you',
    paragraphs: [
      failed(facts),
      'With this card another attempt would fail, so we do not make one. Please use another card, or confirm the payment with your bank, on your billing page.',
      'Everything keeps working for now.',
      ...next(facts, 'grace'),
    ],
    action: PAY,
  }),
  grace_began: (facts) => ({
    subject: facts.date === null ? 'Your plan is not paid' : `Your plan is not paid: full service until ${facts.date}`,
    paragraphs: [`${open(facts)} is still open. Everything keeps working for now.`, ...next(facts, 'downgrade'), 'Pay or change the card, and everything goes on as before.'],
    action: PAY,
  }),
  downgrade_soon: (facts) => ({
    subject: facts.date === null ? 'Your assistant soon gets smaller limits' : `Your assistant gets smaller limits on ${facts.date}`,
    paragraphs: [`${open(facts)} is still open.`, ...next(facts, 'downgrade'), 'What you lose then: memory, speed and messages above those limits. What you keep: the assistant, its data and all conversations.'],
    action: PAY,
  }),
  downgraded: (facts) => ({
    subject: 'Your assistant now has smaller limits',
    paragraphs: [`${open(facts)} is still open, so ${assistant(facts).replace(/^Y/, 'y')} now runs with ${limits(facts)}. Its data and all conversations are as they were.`, ...next(facts, 'suspension'), BACK],
    action: PAY,
  }),
  suspension_soon: (facts) => ({
    subject: facts.date === null ? 'Your assistant will soon be stopped' : `Your assistant will be stopped on ${facts.date}`,
    paragraphs: [`${open(facts)} is still open.`, ...next(facts, 'suspension'), 'What you lose then: the assistant no longer answers. What you keep: its data, its conversations and its address.'],
    action: PAY,
  }),
  suspended: (facts) => ({
    subject: 'Your assistant has been stopped',
    paragraphs: [`${open(facts)} is still open, so ${assistant(facts).replace(/^Y/, 'y')} has been stopped. Its data is kept, and you can download it.`, ...next(facts, 'end'), BACK],
    action: PAY,
  }),
  end_soon: (facts) => ({
    subject: facts.date === null ? 'Your subscription will soon end' : `Your subscription ends on ${facts.date}`,
    paragraphs: [`${open(facts)} is still open.`, ...next(facts, 'end'), 'What you lose then: the subscription and the running assistant. What you keep for a while: its data, ready to download, and the way back by a new subscription.'],
    action: PAY,
  }),
  ended_unpaid: (facts) => ({
    subject: 'Your subscription has ended: your data is ready to download',
    paragraphs: [`Your subscription to ${plan(facts)} has ended because it was not paid. The open invoice is void: you owe nothing for it.`, 'An export of your assistant’s data is ready for you.', ...next(facts, 'teardown')],
    action: { label: 'Download the export', page: 'exports' },
  }),
  payment_recovered: (facts) => ({
    subject: 'Paid: everything is back as it was',
    paragraphs: [`We received ${facts.amount ?? 'your payment'} for ${plan(facts)}. ${assistant(facts)} has the full plan again, and nothing of its data was lost.`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
  payment_waived: (facts) => ({
    subject: 'You need not pay this invoice',
    paragraphs: [`We have waived ${facts.amount ?? 'the open invoice'} for ${plan(facts)}: it will not be collected. ${assistant(facts)} has the full plan.`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
  dunning_paused: (facts) => ({
    subject: facts.until === null ? 'You have more time to pay' : `You have time to pay until ${facts.until}`,
    paragraphs: [
      `As agreed with our support, nothing happens${facts.until === null ? ' for now' : ` until ${facts.until}`}: no attempt to collect${facts.amount === null ? '' : ` ${facts.amount}`}, and the service stays as it is.`,
      ...(facts.date === facts.until ? [] : next(facts, 'paused')), 'You can pay at any time before.',
    ],
    action: PAY,
  }),
  grace_extended: (facts) => ({
    subject: facts.until === null ? 'You have more time to pay' : `You have time to pay until ${facts.until}`,
    paragraphs: [`Our support has given you more time${facts.until === null ? '' : `: until ${facts.until}`}. The service stays as it is${facts.amount === null ? '' : `; ${facts.amount} is still open`}.`, ...next(facts, 'downgrade')],
    action: PAY,
  }),
  dispute_opened: (facts) => ({
    subject: 'A payment to us is in dispute',
    paragraphs: [
      `A bank tells us that a payment${facts.amount === null ? '' : ` of ${facts.amount}`} for ${plan(facts)} is in dispute. While this is open your assistant stays as it is, nothing is deleted and nothing new is charged.`,
      ...next(facts, 'dispute'), 'If this was a mistake, please tell the bank and answer this mail.',
    ],
    action: BILLING,
  }),
  dispute_closed: (facts) => ({
    subject: 'The dispute about a payment is closed',
    paragraphs: [`The dispute about a payment${facts.amount === null ? '' : ` of ${facts.amount}`} for ${plan(facts)} is closed. What holds now is on your billing page.`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
  subscription_paused: (facts) => ({
    subject: 'Your subscription is paused',
    paragraphs: [`Your subscription to ${plan(facts)} is paused. Your assistant is stopped and its data is kept. A card on your billing page starts it again.`, ...next(facts, 'paused')],
    action: PAY,
  }),
  plan_change_scheduled: (facts) => ({
    subject: facts.date === null ? 'Your plan will change' : `Your plan changes on ${facts.date}`,
    paragraphs: [
      facts.date === null ? `Your plan will change to ${facts.plan ?? 'the new plan'} at the end of the period.` : `On ${facts.date} your plan changes to ${facts.plan ?? 'the new plan'}.`,
      `Until then everything stays as it is.${facts.amount === null ? '' : ` From then on you pay ${facts.amount} a period.`} You can take the change back before that day.`,
    ],
    action: BILLING,
  }),
  plan_changed: (facts) => ({
    subject: facts.plan === null ? 'Your plan has changed' : `You are now on ${facts.plan}`,
    paragraphs: [`${facts.plan === null ? 'Your new plan' : capital(facts.plan)} is in force, with its limits. Your assistant’s data is as it was.${facts.amount === null ? '' : ` You pay ${facts.amount} a period.`}`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
};
