/** What a text may speak of. Everything but the names may be missing: a text must read well without. Dates and amounts are written out already. */
export interface NoticeFacts {
  readonly assistant: string | null;
  readonly plan: string | null;
  /** What was paid, is to be paid or was paid back. */
  readonly amount: string | null;
  /** The day that the notice is about: end of the trial, renewal, end of service, removal. */
  readonly date: string | null;
  /** Last four digits of the card. */
  readonly card: string | null;
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
