import type { SupportAct } from '../lifecycle.types.js';

/**
 * A scenario as data: steps on days of the case, and the diary that must come of it. Days count from the anchor, the instant of the first failure:
 * `day 12`, or `day 12 06:00` where it is not the hour of the anchor. The reducer's spec plays it on `LifecycleStory`; a spec of the real
 * workflow plays the same steps on the Stripe emulator and reads the diary off ledger, mails and containers.
 */
export interface Scenario {
  /** Number in the list of acceptance scenarios, with a letter where it has several parts. */
  readonly no: string;
  readonly title: string;
  /** The plan that was bought on day −28; `solo` leads nowhere, `max` to `solo`, `pro` to Free. */
  readonly planId: 'solo' | 'max' | 'pro';
  readonly steps: readonly ScenarioStep[];
  readonly untilDay: number;
  /** The subscription is in its trial until the anchor, and nothing was paid yet. */
  readonly trial?: true;
}

/** What must come of each scenario, by its number: one line an instant, `day 12 grace → downgraded · apply solo to a · mail downgraded`. */
export type Diaries = Readonly<Record<string, readonly string[]>>;

/** `day` may be a fraction: 9.25 = six hours after noon of day 9, were the anchor at noon. */
export type ScenarioStep = { readonly day: number } & ScenarioAct;

export type ScenarioAct =
  /** The renewal is due and its automatic payment fails, with Stripe's code. */
  | { readonly do: 'renewal fails'; readonly invoice: string; readonly code?: string; /** All webhooks are lost until that day. */ readonly seenOnDay?: number }
  /** Another invoice of the subscription (an add-on) fails. */
  | { readonly do: 'another invoice fails'; readonly invoice: string; readonly amountCents: number }
  | { readonly do: 'renewal is paid'; readonly invoice: string }
  /** A bank debit was begun for the renewal: neither paid nor failed. */
  | { readonly do: 'renewal is processing'; readonly invoice: string }
  /** By the customer, on the invoice's own page, or by a retry of Stripe's. */
  | { readonly do: 'invoice is paid'; readonly invoice: string }
  | { readonly do: 'invoice is partly paid'; readonly invoice: string; readonly remainingCents: number }
  | { readonly do: 'bank debit fails'; readonly invoice: string }
  | { readonly do: 'support waives'; readonly invoice: string }
  /** A new default card; in the wrong slot it is the customer's only, and the subscription keeps the old one. `answer` null = it pays. */
  | { readonly do: 'card is changed'; readonly card: string; readonly slot: 'right' | 'wrong'; readonly answer: string | null }
  | { readonly do: 'dispute'; readonly id: string; readonly status: string }
  | { readonly do: 'cancels at period end' }
  | { readonly do: 'undoes the cancellation' }
  | { readonly do: 'Stripe says'; readonly status: string; readonly pauseReason?: string; readonly endReason?: string }
  /** `resume` at Stripe was tried and its payment failed: the subscription stays paused. */
  | { readonly do: 'resume fails'; readonly invoice: string }
  | { readonly do: 'resume is paid'; readonly invoice: string }
  /** The invoice of an upgrade fails; the plan stays, Stripe keeps the upgrade as `pending_update`. */
  | { readonly do: 'upgrade fails'; readonly invoice: string }
  | { readonly do: 'plan change is booked'; readonly planId: string; readonly onDay: number }
  | { readonly do: 'plan is changed'; readonly planId: string }
  /** The invoice is paid inside the very request that would end the subscription. */
  | { readonly do: 'is paid while it is ended'; readonly invoice: string }
  | { readonly do: 'two live subscriptions' }
  | { readonly do: 'Stripe shows nothing' }
  | { readonly do: 'Stripe shows all again' }
  /** Nobody evaluates, webhooks are lost, until that day. */
  | { readonly do: 'worker is down'; readonly untilDay: number }
  | { readonly do: 'mail is down' }
  | { readonly do: 'mail works again' }
  | { readonly do: 'support'; readonly act: SupportAct };
