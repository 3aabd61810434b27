import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadShortTemplates, SHORT_LOCALES } from '#config/notices.js';
import { NEXT_STEP_CODES, NOTICE_KINDS } from '#domain/lifecycle/lifecycle.types.js';
import { messageId } from './notify.activities.js';
import { renderNotice, sayAmount, sayDate, sayShortDate, type NoticeInput } from './render-notice.js';
import { renderShortNotice } from './short-notice.js';
import { sayDecline } from './texts/declines.js';
import { EXAMPLES, exampleOf } from './testing/notice-examples.js';

const NOTHING: Omit<NoticeInput, 'kind' | 'locale'> = {
  timeZone: 'Europe/Moscow', publicUrl: 'http://dash.test', instanceId: null, assistantName: null, planName: null, amountCents: null, currency: null, atMs: null, nextCode: null,
  attemptAtMs: null, declineCode: null, smallerPlanName: null, untilMs: null, cardLast4: null,
};
const TEMPLATES = loadShortTemplates('config/notices/short.yaml');
const plainSpaces = (text: string): string => text.replace(/[\u00a0\u202f]/gu, ' ');

describe('every notice', () => {
  it.each(SHORT_LOCALES)('has a text in %s that a person can read in the snapshot folder', async (locale) => {
    for (const kind of NOTICE_KINDS) {
      const input = { ...exampleOf(kind), kind, locale };
      const { subject, text, html } = renderNotice(input);
      const { body } = renderShortNotice(TEMPLATES[kind][locale], input);
      await expect(`Subject: ${subject}\n\n${text}\n\n--- phone, ${body.length} characters\n${body}\n`).toMatchFileSnapshot(`./snapshots/${kind}.${locale}.txt`);
      await expect(html).toMatchFileSnapshot(`./snapshots/html/${kind}.${locale}.html`);
    }
    expect(Object.keys(EXAMPLES).every((kind) => (NOTICE_KINDS as readonly string[]).includes(kind))).toBe(true);
  });

  it.each(SHORT_LOCALES)('reads well in %s with nothing known', (locale) => {
    for (const kind of NOTICE_KINDS) {
      for (const facts of [exampleOf(kind), NOTHING]) {
        const { subject, text, html } = renderNotice({ ...facts, kind, locale });
        const { body } = renderShortNotice(TEMPLATES[kind][locale], { ...facts, kind, locale });
        for (const part of [subject, text, html, body]) expect([kind, part]).toEqual([kind, expect.not.stringMatching(/null|undefined|NaN|!(?!doctype)|  \S.* {2}|«»|\{\{/)]);
        expect(subject.length).toBeLessThan(110);
        expect(text).toMatch(/: http:\/\/dash\.test\/app/);
        expect(/[а-я]/.test(text)).toBe(locale === 'ru');
      }
    }
  });

  it('says when, wherever the next step has a date, in the reader\'s own zone', () => {
    fc.assert(fc.property(
      fc.constantFrom(...NOTICE_KINDS), fc.constantFrom(...SHORT_LOCALES), fc.constantFrom(...NEXT_STEP_CODES, null), fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'),
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2031, 0, 1) }), fc.boolean(),
      (kind, locale, nextCode, timeZone, atMs, all) => {
        const input = { ...(all ? exampleOf(kind) : NOTHING), kind, locale, nextCode, timeZone, atMs };
        const { text, html } = renderNotice(input);
        expect(text).toContain(sayDate(atMs, locale, timeZone));
        expect(html).toContain(sayDate(atMs, locale, timeZone));
        const short = TEMPLATES[kind][locale];
        if (short.places.includes('date')) expect(plainSpaces(renderShortNotice(short, input).body)).toContain(plainSpaces(sayShortDate(atMs, locale, timeZone)));
      },
    ), { seed: 4, numRuns: 400 });
  });

  it('is short on a phone, the dates of the worst month and a long amount in it', () => {
    for (const kind of NOTICE_KINDS) {
      for (const locale of SHORT_LOCALES) {
        const long = { ...exampleOf(kind), publicUrl: 'https://assistants.clawkeep.example', amountCents: 123_456_789, atMs: Date.UTC(2027, 8, 30, 20), attemptAtMs: Date.UTC(2027, 8, 28, 20), untilMs: Date.UTC(2027, 8, 30, 20) };
        const { body } = renderShortNotice(TEMPLATES[kind][locale], { ...long, kind, locale });
        expect([kind, locale, body.length <= 300 || body]).toEqual([kind, locale, true]);
      }
    }
  });

  it('escapes names and keeps a subject on one line', () => {
    const named = { ...exampleOf('assistant_ready'), kind: 'assistant_ready' as const, locale: 'en' as const, assistantName: '<b>"A"\r\nBcc: x@y' };
    const { subject, html } = renderNotice(named);
    expect(subject).toBe('Your assistant <b>"A" Bcc: x@y is ready');
    expect(html).not.toContain('<b>');
  });

  it('puts into a template what Twilio takes: every place filled, one line each, and no place inside what a person named', () => {
    const { body, variables } = renderShortNotice(TEMPLATES.plan_changed.en, { ...NOTHING, kind: 'plan_changed', locale: 'en', planName: 'A {{link}} $& \n  B' });
    expect(variables).toMatchObject({ 1: 'A {{link}} $& B', 2: 'see the link', 3: 'http://dash.test/app/billing' });
    expect(body).toBe('Clawkeep: your plan has changed. Now: A {{link}} $& B. Next renewal: see the link. Details: http://dash.test/app/billing – your Clawkeep team');
  });
});

describe('the words of a notice', () => {
  it('says amounts by the currency and dates by the zone, summer time too', () => {
    expect(sayAmount(2900, 'usd', 'en')).toBe('$29.00');
    expect(sayAmount(500, 'jpy', 'en')).toBe('¥500');
    expect(sayAmount(2900, 'eur', 'ru').replace(/\s/gu, ' ')).toBe('29,00 €');
    expect(sayDate(Date.UTC(2026, 10, 24, 7), 'en', 'Europe/Moscow')).toBe('Tue, 24 November 2026 at 10:00 GMT+3');
    expect(sayDate(Date.UTC(2026, 10, 24, 7), 'en', 'Nowhere/Land')).toBe('Tue, 24 November 2026 at 07:00 UTC');
    expect([sayDate(Date.UTC(2027, 2, 28, 0, 30), 'en', 'Europe/Berlin'), sayDate(Date.UTC(2027, 2, 28, 1, 30), 'en', 'Europe/Berlin')])
      .toEqual(['Sun, 28 March 2027 at 01:30 CET', 'Sun, 28 March 2027 at 03:30 CEST']);
  });

  it('never tells the holder that a card is said to be lost or stolen', () => {
    const refused = sayDecline('generic_decline', 'en');
    for (const code of ['lost_card', 'stolen_card', 'pickup_card', 'fraudulent', 'merchant_blacklist', 'a_code_of_tomorrow']) expect([code, sayDecline(code, 'en')]).toEqual([code, refused]);
    expect(sayDecline('expired_card', 'en')).toBe('The card has expired.');
    expect(sayDecline(null, 'en')).toBe(null);
    for (const locale of SHORT_LOCALES) {
      const { text } = renderNotice({ ...exampleOf('payment_failed'), kind: 'payment_failed', locale, declineCode: 'stolen_card' });
      expect(text).not.toMatch(/stolen|lost|украд|потер/i);
    }
  });

  it('makes one Message-ID a key', () => {
    expect(messageId('a', 'X <x@y.test>')).toBe(messageId('a', 'X <x@y.test>'));
    expect(messageId('a', 'X <x@y.test>')).not.toBe(messageId('b', 'X <x@y.test>'));
  });
});
