import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadEnvironment, twilioSettings } from './environment.js';
import { loadShortTemplates, SHORT_KINDS, SHORT_LOCALES } from './notices.js';

const SHIPPED = 'config/notices/short.yaml';
const folder = mkdtempSync(join(tmpdir(), 'clawkeep-notices-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The shipped file with one place changed. */
function changed(from: string, to: string): string {
  const text = readFileSync(SHIPPED, 'utf8');
  expect(text).toContain(from);
  const file = join(folder, 'changed.yaml');
  writeFileSync(file, text.replace(from, to));
  return file;
}
const CODE = '"Clawkeep: your code is {{code}}. It is good for 10 minutes. Give it to nobody."';

describe('short texts', () => {
  it('ship for every kind and language, with one name each and places numbered as Twilio wants them', () => {
    const templates = loadShortTemplates(SHIPPED);
    const all = SHORT_KINDS.flatMap((kind) => SHORT_LOCALES.map((locale) => templates[kind][locale]));
    expect(new Set(all.map(({ name }) => name)).size).toBe(SHORT_KINDS.length * 2);
    expect(templates.phone_code.en).toMatchObject({ places: ['code'], numbered: 'Clawkeep: your code is {{1}}. It is good for 10 minutes. Give it to nobody.', sid: null });
    for (const { places, numbered } of all) expect([...numbered.matchAll(/\{\{(\d+)\}\}/g)].map((match) => Number(match[1]))).toEqual(places.map((_, index) => index + 1));
  });

  it('change their name with their words, and may have a fixed SID', () => {
    const sid = `HX${'0'.repeat(32)}`;
    const before = loadShortTemplates(SHIPPED).phone_code;
    const after = loadShortTemplates(changed(CODE, `{ text: "Clawkeep code: {{code}}, good for 10 minutes.", sid: ${sid} }`)).phone_code;
    expect([after.en.name === before.en.name, after.ru.name === before.ru.name, after.en.sid]).toEqual([false, true, sid]);
  });

  it.each([
    ['an unknown place', CODE, '"Clawkeep: your code is {{kode}} {{code}}, good for 10 minutes."', /changed\.yaml:\d+:\d+: templates\.phone_code\.en has \{\{kode\}\}, which is not known here: use one of code/],
    ['no code', CODE, '"Clawkeep: you have a code."', /templates\.phone_code\.en must have \{\{code\}\}/],
    ['a place at the end', CODE, '"Clawkeep: your code is {{code}}"', /must not begin or end with a place/],
    ['a missing kind', '  torn_down:', '  torn_down_too:', /templates\.torn_down/],
    ['too long a text', CODE, `"Clawkeep: {{code}} ${'x'.repeat(300)}"`, /templates\.phone_code\.en/],
  ])('are refused with file and line for %s', (_what, from, to, words) => {
    expect(() => loadShortTemplates(changed(from, to))).toThrow(words);
  });
});

describe('Twilio in the environment', () => {
  const base = { CLAWKEEP_SANDBOX: '1', DATABASE_URL: 'postgres://x', SMTP_URL: 'smtp://x', STORAGE_DIR: '/x' };
  const account = { TWILIO_AUTH_TOKEN: 'f'.repeat(32), TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}` };

  it('is off without a token, and demands account and number with one', () => {
    expect(twilioSettings(loadEnvironment(base))).toBe(null);
    expect(() => loadEnvironment({ ...base, TWILIO_AUTH_TOKEN: account.TWILIO_AUTH_TOKEN })).toThrow(/TWILIO_ACCOUNT_SID: is needed[^]*TWILIO_SMS_FROM: is needed/);
    expect(() => loadEnvironment({ ...base, ...account, TWILIO_SMS_FROM: '12' })).toThrow(/TWILIO_SMS_FROM: wants a number in E\.164/);
    expect(twilioSettings(loadEnvironment({ ...base, ...account, TWILIO_WHATSAPP_FROM: '+15005550006' }))).toMatchObject({ smsFrom: null, whatsappFrom: '+15005550006', apiUrl: undefined });
  });
});
