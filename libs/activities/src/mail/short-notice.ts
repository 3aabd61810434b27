import { noticeLink, sayAmount, sayShortDate, type NoticeInput } from './render-notice.js';
import type { NoticeLocale } from './texts/notice-text.js';

/** What may stand in a short text as `{{place}}`. */
export type ShortPlace = 'plan' | 'assistant' | 'amount' | 'date' | 'attempt' | 'until' | 'link' | 'code';

/** A short text of `config/notices/short.yaml`, read and checked by libs/config. */
export interface ShortTemplate {
  /** With places in words, `{{amount}}`. */
  readonly text: string;
  /** The places in the order in which Twilio numbers them. */
  readonly places: readonly ShortPlace[];
  /** `friendly_name` of the template at Twilio. */
  readonly name: string;
  /** Fixed content SID; null = looked up by the name. */
  readonly sid: string | null;
}

/** A short notice for a phone: the whole text (SMS), and what stands in the numbered places of the same text as a template (WhatsApp). */
export interface ShortNotice { readonly body: string; readonly variables: Readonly<Record<string, string>> }

/** Stand where a fact is unknown; they read well after a colon. Twilio takes no empty variable (error 21656). */
const UNKNOWN: Readonly<Record<NoticeLocale, Readonly<Record<Exclude<ShortPlace, 'link' | 'code'>, string>>>> = {
  en: { plan: 'see the link', assistant: 'your assistant', amount: 'see the link', date: 'see the link', attempt: 'none planned', until: 'see the link' },
  ru: { plan: 'см. по ссылке', assistant: 'ваш ассистент', amount: 'см. по ссылке', date: 'см. по ссылке', attempt: 'не назначена', until: 'см. по ссылке' },
};

/** Pure: the template's text with the notice's facts in it. */
export function renderShortNotice(template: ShortTemplate, input: NoticeInput): ShortNotice {
  const { locale, timeZone } = input;
  const unknown = UNKNOWN[locale];
  const date = (atMs: number | null): string | null => (atMs === null ? null : sayShortDate(atMs, locale, timeZone));
  return fillShort(template, {
    plan: input.planName ?? unknown.plan,
    assistant: input.assistantName ?? unknown.assistant,
    amount: input.amountCents === null || input.currency === null ? unknown.amount : sayAmount(input.amountCents, input.currency, locale),
    date: date(input.atMs) ?? unknown.date,
    attempt: date(input.attemptAtMs ?? (input.nextCode === 'pay_again' ? input.atMs : null)) ?? unknown.attempt,
    until: date(input.untilMs) ?? unknown.until,
    link: noticeLink(input),
  });
}

/** Puts words into the places; each is one line without runs of spaces, as WhatsApp demands of variables. */
export function fillShort({ text, places }: Pick<ShortTemplate, 'text' | 'places'>, words: Readonly<Partial<Record<ShortPlace, string>>>): ShortNotice {
  const said = places.map((place) => (words[place] ?? '').replace(/[\p{Cc}\p{Z}]+/gu, ' ').trim() || '–');
  return {
    // In one go, and by a function: what a person named may hold a place or `$&` itself.
    body: text.replace(/\{\{(\w+)\}\}/g, (_, place: ShortPlace) => said[places.indexOf(place)] ?? ''),
    variables: Object.fromEntries(said.map((word, index) => [String(index + 1), word])),
  };
}
