import type { NoticeKind } from '#domain/lifecycle/lifecycle.types.js';
import { given, type MoneyKind, type NoticeTexts } from './notice-text.js';

const plan = (name: string | null): string => name ?? 'your plan';
const assistant = (name: string | null): string => (name === null ? 'Your assistant' : `Your assistant ${name}`);

/** The life of a customer without trouble. */
export const EN: NoticeTexts<Exclude<NoticeKind, MoneyKind>> = {
  trial_started: (facts) => ({
    subject: `Your trial of ${plan(facts.plan)} has begun`,
    paragraphs: [
      `Your trial of ${plan(facts.plan)} has begun. Nothing has been charged.`,
      ...given(facts.date, (date) => `It ends on ${date}. Then the first payment${facts.amount === null ? '' : ` of ${facts.amount}`} is made. Cancel before that day and you pay nothing.`),
    ],
    action: { label: 'Open billing', page: 'billing' },
  }),
  trial_ending: (facts) => ({
    subject: facts.date === null ? 'Your trial ends soon' : `Your trial ends on ${facts.date}`,
    paragraphs: [
      `Your trial of ${plan(facts.plan)} ends${facts.date === null ? ' soon' : ` on ${facts.date}`}.`,
      `Then we charge${facts.amount === null ? ' the price of the plan' : ` ${facts.amount}`}${facts.card === null ? '' : ` to the card ending in ${facts.card}`}. If you do not want to go on, cancel before that day and you pay nothing.`,
    ],
    action: { label: 'Open billing', page: 'billing' },
  }),
  payment_received: (facts) => ({
    subject: 'We received your payment',
    paragraphs: [
      `We received ${facts.amount ?? 'your payment'} for ${plan(facts.plan)}. The receipt is on your billing page.`,
      ...given(facts.date, (date) => `The plan renews on ${date}.`),
    ],
    action: { label: 'Open billing', page: 'billing' },
  }),
  cancel_scheduled: (facts) => ({
    subject: `${plan(facts.plan) === 'your plan' ? 'Your plan' : plan(facts.plan)} is canceled`,
    paragraphs: [
      `You canceled ${plan(facts.plan)}. There will be no further charge.`,
      ...given(facts.date, (date) => `Everything keeps working until ${date}. Until then you can undo the cancellation.`),
    ],
    action: { label: 'Undo the cancellation', page: 'billing' },
  }),
  cancel_undone: (facts) => ({
    subject: `${plan(facts.plan) === 'your plan' ? 'Your plan' : plan(facts.plan)} goes on`,
    paragraphs: [`The cancellation of ${plan(facts.plan)} was undone. Nothing changes for your assistant.`, ...given(facts.date, (date) => `The plan renews on ${date}.`)],
    action: { label: 'Open billing', page: 'billing' },
  }),
  ended_export_offered: (facts) => ({
    subject: 'Your subscription has ended: your data is ready to download',
    paragraphs: [
      `Your subscription to ${plan(facts.plan)} has ended and your assistant has stopped.`,
      'An export of its data is ready for you.',
      ...given(facts.date, (date) => `We keep the data until ${date} and then delete it. Subscribe again before that day and everything is back as it was.`),
    ],
    action: { label: 'Download the export', page: 'exports' },
  }),
  moved_to_free: (facts) => ({
    subject: 'Your assistant goes on, on the free plan',
    paragraphs: [`Your subscription has ended, and your assistant goes on with ${facts.plan ?? 'the free plan'}. You pay nothing.`, 'Its data is as it was; the limits of the free plan apply.'],
    action: { label: 'Open the dashboard', page: 'home' },
  }),
  teardown_soon: (facts) => ({
    subject: facts.date === null ? 'Your data will be deleted soon' : `Your data will be deleted on ${facts.date}`,
    paragraphs: [
      `Your subscription has ended. ${facts.date === null ? 'Soon' : `On ${facts.date}`} we delete your assistant and its data.`,
      'The export stays available to you. Subscribe again before that day and everything is back as it was.',
    ],
    action: { label: 'Download the export', page: 'exports' },
  }),
  torn_down: () => ({
    subject: 'Your assistant and its data are deleted',
    paragraphs: ['Your assistant and its data are deleted, as announced. Your account and your export are still there.', 'You can start a new assistant at any time.'],
    action: { label: 'Open your exports', page: 'exports' },
  }),
  assistant_ready: (facts) => ({
    subject: `${assistant(facts.assistant)} is ready`,
    paragraphs: [`${assistant(facts.assistant)} is running and has given its first answer.`, 'You can write to it now.'],
    action: { label: 'Open the chat', page: 'instance' },
  }),
  provisioning_failed_refunded: (facts) => ({
    subject: 'We could not start your assistant: your money is on its way back',
    paragraphs: [
      `${assistant(facts.assistant)} could not be started. The fault is ours, and we have removed everything that was set up.`,
      facts.amount === null ? 'Your subscription is canceled and nothing is charged.' : `Your subscription is canceled, and ${facts.amount} is paid back to you. Banks usually need 5 to 10 days.`,
      'We are looking into it. You can try again at any time.',
    ],
    action: { label: 'Open the dashboard', page: 'home' },
  }),
  provisioning_failed: (facts) => ({
    subject: 'We could not start your assistant',
    paragraphs: [`${assistant(facts.assistant)} could not be started. The fault is ours, and we have removed everything that was set up. Nothing was charged for it.`, 'We are looking into it. You can try again at any time.'],
    action: { label: 'Open the dashboard', page: 'home' },
  }),
  needs_attention: (facts) => ({
    subject: `${assistant(facts.assistant)} needs a person's attention`,
    paragraphs: [`${assistant(facts.assistant)} is not working as it should, and our automatic repair did not help. Our team has been told.`, 'Your data is safe. You need not do anything.'],
    action: { label: 'See its state', page: 'instance' },
  }),
};
