import type { NextStepCode, NoticeKind } from '#domain/lifecycle/lifecycle.types.js';

/** Languages in which we write to people. */
export type NoticeLocale = 'en' | 'ru';

/** What a text may speak of. Everything but the names may be missing: a text must read well without. Dates and amounts are written out already. */
export interface NoticeFacts {
  readonly assistant: string | null;
  readonly plan: string | null;
  /** What was paid, is to be paid or was paid back. */
  readonly amount: string | null;
  /** When the next step is: end of the trial, renewal, next stage, end of service, removal. */
  readonly date: string | null;
  /** Which step that is. */
  readonly next: NextStepCode | null;
  /** Last four digits of the card. */
  readonly card: string | null;
  /** When the payment is tried again. */
  readonly attempt: string | null;
  /** Why the bank said no, as a sentence. */
  readonly decline: string | null;
  /** The plan whose limits hold while a payment is missing. */
  readonly smallerPlan: string | null;
  /** End of a pause or of the time that was given. */
  readonly until: string | null;
}

/** A mail in parts: past fact, then what comes next, then at most one thing to do. */
export interface NoticeText {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly action: { readonly label: string; readonly page: NoticePage } | null;
}

/** Pages of the dashboard that a mail may lead to. */
export type NoticePage = 'home' | 'instance' | 'billing' | 'exports';

export type NoticeTexts<Kind extends string> = Readonly<Record<Kind, (facts: NoticeFacts) => NoticeText>>;

/** The sentence if its fact is known. */
export const given = (fact: string | null, sentence: (fact: string) => string): string[] => (fact === null ? [] : [sentence(fact)]);

/** Kinds that speak of failed payments, disputes and changes of plan; the others are of the life without trouble. */
export const MONEY_KINDS = [
  'payment_failed', 'payment_action_needed', 'grace_began', 'downgrade_soon', 'downgraded', 'suspension_soon', 'suspended', 'end_soon', 'ended_unpaid',
  'payment_recovered', 'payment_waived', 'dunning_paused', 'grace_extended', 'dispute_opened', 'dispute_closed', 'subscription_paused', 'plan_change_scheduled', 'plan_changed',
] as const satisfies readonly NoticeKind[];
export type MoneyKind = (typeof MONEY_KINDS)[number];
