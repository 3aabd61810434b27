import type { NextStepCode, NoticeKind } from '#domain/lifecycle/lifecycle.types.js';
import { sayDecline } from './texts/declines.js';
import { EN_MONEY } from './texts/en-money.js';
import { upcomingEn } from './texts/en-next.js';
import { EN } from './texts/en.js';
import type { NoticeFacts, NoticeLocale, NoticePage, NoticeTexts } from './texts/notice-text.js';
import { RU_MONEY } from './texts/ru-money.js';
import { upcomingRu } from './texts/ru-next.js';
import { RU } from './texts/ru.js';

export type { NoticeLocale } from './texts/notice-text.js';

export interface NoticeInput {
  readonly kind: NoticeKind;
  readonly locale: NoticeLocale;
  readonly timeZone: string;
  readonly publicUrl: string;
  readonly instanceId: string | null;
  readonly assistantName: string | null;
  readonly planName: string | null;
  readonly amountCents: number | null;
  /** ISO 4217, any case. */
  readonly currency: string | null;
  /** When the next step is, epoch milliseconds in customer time. */
  readonly atMs: number | null;
  readonly nextCode: NextStepCode | null;
  /** When the payment is tried again. */
  readonly attemptAtMs: number | null;
  /** Stripe's decline code. */
  readonly declineCode: string | null;
  /** Name of the plan whose limits hold while a payment is missing. */
  readonly smallerPlanName: string | null;
  /** End of a pause, or of the time that support gave. */
  readonly untilMs: number | null;
  readonly cardLast4: string | null;
}

export interface RenderedNotice { readonly subject: string; readonly text: string; readonly html: string }

const FOOTERS: Readonly<Record<NoticeLocale, string>> = {
  en: 'You get this mail because it is about your Clawkeep account.',
  ru: 'Вы получили это письмо, потому что оно касается вашей учётной записи Clawkeep.',
};

const TEXTS: Readonly<Record<NoticeLocale, NoticeTexts<NoticeKind>>> = { en: { ...EN, ...EN_MONEY }, ru: { ...RU, ...RU_MONEY } };
const UPCOMING = { en: upcomingEn, ru: upcomingRu } as const;

/** A notice as mail: amounts and dates in the reader's language and time zone, plain text and simple HTML that reads well on light and dark. Pure. */
export function renderNotice(input: NoticeInput): RenderedNotice {
  const facts = factsOf(input);
  const { subject, paragraphs: own, action } = TEXTS[input.locale][input.kind](facts);
  // Every notice says what comes next and when, where it is known; a text that has its own words for it is left alone.
  const told = facts.date === null || own.some((paragraph) => paragraph.includes(facts.date ?? ''));
  const paragraphs = told ? own : [...own, UPCOMING[input.locale](facts) ?? ''];
  const address = action === null ? null : pageAddress(action.page, input);
  const footer = FOOTERS[input.locale];
  return {
    subject: oneLine(subject),
    text: [...paragraphs, ...(action === null || address === null ? [] : [`${action.label}: ${address}`]), `—\n${footer}`].join('\n\n'),
    html: toHtml({ locale: input.locale, subject, paragraphs, action: action === null || address === null ? null : { label: action.label, address }, footer }),
  };
}

/** The input in words. */
function factsOf(input: NoticeInput): NoticeFacts {
  const date = (atMs: number | null): string | null => (atMs === null ? null : sayDate(atMs, input.locale, input.timeZone));
  return {
    assistant: input.assistantName,
    plan: input.planName,
    amount: input.amountCents === null || input.currency === null ? null : sayAmount(input.amountCents, input.currency, input.locale),
    date: date(input.atMs),
    next: input.nextCode,
    card: input.cardLast4,
    attempt: date(input.attemptAtMs ?? (input.nextCode === 'pay_again' ? input.atMs : null)),
    decline: sayDecline(input.declineCode, input.locale),
    smallerPlan: input.smallerPlanName,
    until: date(input.untilMs),
  };
}

/** The page of the dashboard that a notice of this kind leads to; the dashboard's first page where its text has no action. */
export function noticeLink(input: NoticeInput): string {
  const { action } = TEXTS[input.locale][input.kind](factsOf(input));
  return pageAddress(action?.page ?? 'home', input);
}

/** `$29.00`, `29,00 $`: by the currency's own number of decimals. */
export function sayAmount(amountCents: number, currency: string, locale: NoticeLocale): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: currency.toUpperCase() });
  return format.format(amountCents / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** Weekday first, then day and time, in the reader's zone; an unknown zone is read as UTC. */
export const sayDate = (atMs: number, locale: NoticeLocale, timeZone: string): string =>
  format(atMs, locale, timeZone, { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' });

/** The same for a text that has to be short. */
export const sayShortDate = (atMs: number, locale: NoticeLocale, timeZone: string): string => format(atMs, locale, timeZone, { day: 'numeric', month: 'short' });

function format(atMs: number, locale: NoticeLocale, timeZone: string, day: Intl.DateTimeFormatOptions): string {
  const options = { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' } as const;
  const language = locale === 'en' ? 'en-GB' : 'ru';
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone }).format(atMs);
  } catch {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(atMs);
  }
}

function pageAddress(page: NoticePage, { publicUrl, instanceId }: NoticeInput): string {
  switch (page) {
    case 'instance': return instanceId === null ? `${publicUrl}/app` : `${publicUrl}/app/instances/${encodeURIComponent(instanceId)}`;
    case 'billing': return `${publicUrl}/app/billing`;
    case 'exports': return `${publicUrl}/app/billing#exports`;
    case 'home': return `${publicUrl}/app`;
  }
}

interface HtmlParts { locale: NoticeLocale; subject: string; paragraphs: readonly string[]; action: { label: string; address: string } | null; footer: string }

/** No image, no script, no colour for plain text: the mail program's own light or dark colours hold. Only the button brings both of its colours. */
function toHtml({ locale, subject, paragraphs, action, footer }: HtmlParts): string {
  const button = action === null ? '' : `<p><a href="${escape(action.address)}" style="display:inline-block;padding:10px 16px;border-radius:6px;background:#5b3fd6;color:#ffffff;text-decoration:none">${escape(action.label)}</a></p>`;
  return [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${escape(subject)}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/24px system-ui,-apple-system,Segoe UI,Roboto,sans-serif"><div style="max-width:560px">',
    ...paragraphs.map((paragraph) => `<p>${escape(paragraph)}</p>`),
    button,
    `<p style="font-size:13px;line-height:20px;opacity:.8">${escape(footer)}</p></div></body></html>`,
  ].join('\n');
}

/** A subject is one line; names may hold anything. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
