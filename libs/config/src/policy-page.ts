import { DAY_MS, DUNNING_STAGES, HARD_DECLINES, MOST_PROCESSING_DAYS, noticeAgeMs, type DunningStage, type LifecyclePolicy, type NoticeRule } from '#domain/lifecycle/lifecycle.policy.js';
import { MOST_EXTENSION_DAYS } from '#domain/lifecycle/lifecycle.support.js';
import type { Catalogue } from '#domain/plan/plan.types.js';

const STAGE_WORDS: Readonly<Record<DunningStage, string>> = {
  retrying: 'paying again', grace: 'time to pay', downgraded: 'smaller limits', suspended: 'stopped', ended: 'subscription ended', torn_down: 'data removed',
};
const LEVEL_WORDS = { full: 'everything', downgraded: "the limits of the plan's `downgradeTo`", stopped: 'nothing runs, data kept', none: 'none' } as const;

/** The page for finance, `docs/policies/dunning.md`: written from the policies themselves, so that it cannot say anything else. */
export function renderDunningPage(policies: readonly LifecyclePolicy[], catalogue: Catalogue): string {
  return `${[
    '# Failed payments: what happens, and when',
    'This page is written from `config/policies/*.yaml` and the table in `libs/domain/src/lifecycle`; a test compares the two (`npx vitest run --project unit libs/config -u` writes it anew). Do not edit it by hand.',
    'Days count from the **anchor**: the instant at which the oldest open, automatically collected invoice of the subscription first failed. An instant is an instant: no time zone and no change of the clocks moves it. The mail says it in the customer\'s own zone.',
    ...policies.map(renderPolicy),
    renderExits(catalogue),
    renderRules(policies[0]!),
    renderSupport(policies[0]!),
  ].join('\n\n')}\n`;
}

function renderPolicy(policy: LifecyclePolicy): string {
  const days = policy.payAgainOnDays;
  const owner = policy.retryOwner === 'workflow'
    ? `We collect again on day${days.length === 1 ? '' : 's'} ${list(days.map(String))}; Stripe's own retries are off.`
    : "Stripe collects again (Smart Retries); we never do by the calendar.";
  return [
    `## ${policy.id} (version \`${policy.version}\`)`,
    `${owner} A new card is tried at once, whoever owns the retries.`,
    '| day | stage | in words | what the customer has | told |\n|---|---|---|---|---|\n' + DUNNING_STAGES.map((stage) => {
      const { fromDay, serviceLevel, notices } = policy.stages[stage];
      const early = stage === 'grace' ? ', or at once where nothing is left to retry' : '';
      return `| ${fromDay}${early} | \`${stage}\` | ${STAGE_WORDS[stage]} | ${LEVEL_WORDS[serviceLevel]} | ${notices.map((rule) => sayRule(policy, stage, rule)).join('; ')} |`;
    }).join('\n'),
    'A stage is entered only when the notice that announced it was *sent* long enough before: ' + list((['downgraded', 'suspended', 'ended', 'torn_down'] as const).map((stage) => `\`${stage}\` ${sayAge(noticeAgeMs(policy, stage))}`)) + '. Late notices make late stages, never untold ones.',
  ].join('\n\n');
}

function sayRule({ stages }: LifecyclePolicy, stage: DunningStage, rule: NoticeRule): string {
  const about = rule.announces === null ? '' : ` (announces \`${rule.announces}\`)`;
  if (rule.when === 'entry') return `day ${stages[stage].fromDay}, on entry${about}`;
  return rule.when === 'day' ? `day ${rule.day}${about}` : `day ${stages[rule.announces].fromDay - rule.daysBefore}${about}`;
}

const sayAge = (ms: number): string => (ms % DAY_MS === 0 && ms > DAY_MS ? `${ms / DAY_MS} days` : `${ms / 3_600_000} hours`);
const list = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`);

/** What a plan leads to, with the shipped catalogue as the example. */
function renderExits({ plans }: Catalogue): string {
  const rows = plans.filter(({ prices }) => prices.length > 0).map((plan) => {
    const smaller = plans.find(({ id }) => id === plan.downgradeTo);
    const free = smaller !== undefined && smaller.prices.length === 0;
    const end = free ? `\`suspended\` is passed over; at \`ended\` the subscription is canceled, the customer is \`active\` on ${smaller.name} and keeps the assistant` : 'stopped, ended, removed, as in the table';
    return `| ${plan.name} | ${smaller?.name ?? 'nothing smaller: full limits until `suspended`'} | ${end} | ${plan.afterCancelDays} days |`;
  });
  return ['## By plan', '| plan | limits while `downgraded` | then | data kept after a *voluntary* end |\n|---|---|---|---|\n' + rows.join('\n')].join('\n\n');
}

const renderRules = (policy: LifecyclePolicy): string => [
  '## Rules that hold always',
  [
    '**Paid is paid.** Payment at any instant before the data is removed puts everything back in one step. Up to `suspended` nothing has to be bought again; after `ended` it is a new checkout, and the data is still there.',
    'A case is **closed** when no automatically collected invoice of the subscription that failed is open any more and Stripe says `active` or `trialing`. Part payments change the amount only. Voided invoices close it as *waived*; nothing paid, nothing owed.',
    '**One stage at a time, in order**, however late we look. After a fortnight of standstill a customer moves one stage, is told, and has the full age of that notice before the next.',
    '**Deadlines are computed, never re-armed**: anchor + day + what support gave. If an older invoice is paid, the anchor moves later and the stage stays or gets better. It never moves earlier.',
    '**A case keeps the policy it was opened with**, to its end. A new policy counts for new cases.',
    '**At `ended`** Stripe is asked once more, then the open invoices are voided, then the subscription is canceled, in this order; the customer is moved when Stripe shows it. Paid in that very moment, nothing is done and everything is put back.',
    `**Declines that no retry can mend** (${[...HARD_DECLINES].map((code) => `\`${code}\``).join(', ')}) are not tried again until the card is another one. Grace begins at once; the later days stay.`,
    `**A payment on its way** (bank debits) is no failure. Every deadline waits for it, ${MOST_PROCESSING_DAYS} days at most; then a person looks.`,
    '**Not ours to collect**: invoices that are sent by mail, and the invoice of an upgrade that was not paid. They open no case.',
    '**Disputes**: while one is open nothing new is charged and nothing is removed; the calendar of an open case goes on. Won: collection goes on. Lost: the subscription ends, ' + `${policy.noticeAgeHours.ended} hours at the soonest after the dispute was told, with the time of a voluntary end for the data. Inquiries (\`warning_…\`) and prevented disputes change nothing. A dispute that was lost before we saw it is left to support.`,
    '**Paused at Stripe**: a trial that ended without a card, or the customer\'s wish: the assistant rests, the data is kept without limit, no case is opened; what was paid is served first. Paused because a payment failed: by the case\'s calendar. Any other cause: a person looks.',
    '**Stripe ended the subscription by itself**: nobody is cut off by that. The case goes on by its calendar and its notices. If the invoice is paid afterwards, a person decides: serve again, or pay back.',
    `**Not known is not unpaid.** Unknown words, contradictions, an empty list, facts older than ${policy.factsMaxAgeSeconds} seconds: nobody is made worse off. Above ${policy.massBreaker.customers} customers or ${policy.massBreaker.share * 100} % in one sweep it stops and pages.`,
    '**Voluntary cancel in dunning**: at the end of the period: dunning goes on, and whichever comes first ends it. At once: ended, with the time of a voluntary end.',
  ].map((rule, index) => `${index + 1}. ${rule}`).join('\n'),
  '## Who is counted as what',
  '| outcome of a case | when | `recoveredBy` |\n|---|---|---|\n| `recovered` | an invoice was paid | the trigger of our attempt that brought it (`schedule`, `card_changed`, `customer`, `support`); `stripe_retry` where Stripe owns the retries; else `other` |\n| `waived` | nothing is open and nothing was paid: forgiven | – |\n| `ended` | the calendar ran out, or a dispute was lost: involuntary churn | – |\n| `canceled` | the customer ended the subscription while it was open | – |',
].join('\n\n');

const renderSupport = (policy: LifecyclePolicy): string => [
  '## What support can do to an open case',
  `Each with actor and reason, which stand in the ledger and in the timeline.\n\n| verb | what it does | limit |\n|---|---|---|\n| collect now | tries the oldest open invoice once | – |\n| extend grace | \`downgraded\` and all after it come later | in \`retrying\` and \`grace\`; ${MOST_EXTENSION_DAYS} days a case |\n| pause dunning | a promise to pay: nothing gets worse and nothing is charged by the calendar; all later days come later by its length | ${policy.dunningPauseMaxDays} days, once a case |\n| waive | voids the invoice | – |\n| set stage, forward | makes the days up to that stage due now; still one stage at a time, each told long enough before | up to \`ended\` |\n| set stage, back | the service of that stage at once, and its whole length again; told anew | down to \`grace\` |`,
].join('\n\n');
