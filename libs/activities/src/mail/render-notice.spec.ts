import { describe, expect, it } from 'vitest';
import { NOTICE_KINDS } from '#domain/lifecycle/lifecycle.types.js';
import { messageId } from './notify.activities.js';
import { renderNotice, sayAmount, sayDate, type NoticeInput } from './render-notice.js';

const full: Omit<NoticeInput, 'kind' | 'locale'> = {
  timeZone: 'Europe/Moscow', publicUrl: 'http://dash.test', instanceId: 'i-1', assistantName: 'Rex', planName: 'Pro',
  amountCents: 2900, currency: 'usd', atMs: Date.UTC(2026, 10, 24, 7), cardLast4: '4242',
};
const empty: Omit<NoticeInput, 'kind' | 'locale'> = { ...full, instanceId: null, assistantName: null, planName: null, amountCents: null, currency: null, atMs: null, cardLast4: null };

describe('notices', () => {
  it.each(['en', 'ru'] as const)('read well in %s with everything known and with nothing known', (locale) => {
    for (const kind of NOTICE_KINDS) {
      for (const facts of [full, empty]) {
        const { subject, text, html } = renderNotice({ ...facts, kind, locale });
        for (const part of [subject, text, html]) expect(part).not.toMatch(/null|undefined|NaN|!(?!doctype)|  \S.* {2}|«»/);
        expect(subject.length).toBeLessThan(110);
        expect(text).toMatch(/: http:\/\/dash\.test\/app/);
        expect(/[а-я]/.test(text)).toBe(locale === 'ru');
      }
    }
  });

  it('escapes names and keeps a subject on one line', () => {
    const { subject, html } = renderNotice({ ...full, kind: 'assistant_ready', locale: 'en', assistantName: '<b>"A"\r\nBcc: x@y' });
    expect(subject).toBe('Your assistant <b>"A" Bcc: x@y is ready');
    expect(html).not.toContain('<b>');
  });

  it('says amounts by the currency and dates by the zone', () => {
    expect(sayAmount(2900, 'usd', 'en')).toBe('$29.00');
    expect(sayAmount(500, 'jpy', 'en')).toBe('¥500');
    expect(sayAmount(2900, 'eur', 'ru').replace(/\s/gu, ' ')).toBe('29,00 €');
    expect(sayDate(Date.UTC(2026, 10, 24, 7), 'en', 'Europe/Moscow')).toBe('Tue, 24 November 2026 at 10:00 GMT+3');
    expect(sayDate(Date.UTC(2026, 10, 24, 7), 'en', 'Nowhere/Land')).toBe('Tue, 24 November 2026 at 07:00 UTC');
  });

  it('makes one Message-ID a key', () => {
    expect(messageId('a', 'X <x@y.test>')).toBe(messageId('a', 'X <x@y.test>'));
    expect(messageId('a', 'X <x@y.test>')).not.toBe(messageId('b', 'X <x@y.test>'));
  });
});
