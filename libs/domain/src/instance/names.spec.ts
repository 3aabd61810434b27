import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInstanceName } from './instance-names.js';
import { checkSubdomain, subdomainFrom } from './subdomain.js';

const fault = (check: { ok: string } | { fault: string }): string => ('fault' in check ? check.fault : '');

describe('the address of an assistant', () => {
  it.each(['abc', 'my-assistant', 'a1b', 'x'.repeat(40), 'testing', 'admin2'])('takes %s', (text) => expect(checkSubdomain(text)).toEqual({ ok: text }));
  it.each([
    ['', 'The address needs 3 to 40 characters.'],
    ['ab', 'The address needs 3 to 40 characters.'],
    ['x'.repeat(41), 'The address needs 3 to 40 characters.'],
    ['Abc', 'Use small letters in the address.'],
    ['1abc', 'Begin the address with a letter.'],
    ['-abc', 'Begin the address with a letter.'],
    ['abc-', 'End the address with a letter or a digit.'],
    ['xn--80ak6aa92e', 'Use single hyphens only in the address.'],
    ['www', 'This address is reserved; choose another one.'],
    ['support-clawkeep', 'This address is reserved; choose another one.'],
    ['openclaw', 'This address is reserved; choose another one.'],
    [null, 'Give an address, as text.'],
    [['abc'], 'Give an address, as text.'],
  ])('refuses %j: %s', (text, wanted) => expect(fault(checkSubdomain(text))).toBe(wanted));
  it.each(['а́bc', 'раураl', 'ab.c', 'a_bc', 'a bc', 'abc\n', 'abc\0', 'ａｂｃ', 'ab\u200bc', 'ab\u00adc', 'ıstanbul', 'straße', '😀😀😀', 'abc%00', '../etc', '\u202eabc'])('refuses odd letters: %j', (text) => {
    expect(fault(checkSubdomain(text))).toBe('Use only the letters a to z, digits and hyphens in the address.');
  });
  it('whatever is typed: taken only if it is a label, and a made one is always legal', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'abcxyz019-') })), (text) => {
      const checked = checkSubdomain(text);
      if ('ok' in checked) expect(text).toMatch(/^[a-z](?!.*--)[a-z0-9-]{1,38}[a-z0-9]$/);
      expect(checkSubdomain(subdomainFrom(text, '7k2m9q'))).toHaveProperty('ok');
    }));
  });
  it('keeps what can be kept of a name', () => {
    expect(subdomainFrom('Zoë’s Helper!', 'x7')).toBe('zoe-s-helper-x7');
    expect(subdomainFrom('Мой помощник', 'x7')).toBe('assistant-x7');
    expect(subdomainFrom('ClawKeep', 'x7')).toBe('assistant-x7');
  });
});

describe('the name of an assistant', () => {
  it.each([['  Mira  ', 'Mira'], ['Мой помощник', 'Мой помощник'], ['e\u0301', 'é'], ['👩‍🚀 Ada', '👩‍🚀 Ada'], ['助手', '助手'], ['مساعد', 'مساعد'], ['x'.repeat(60), 'x'.repeat(60)], ['O’Neil & "co"', 'O’Neil & "co"']])('takes %j', (text, wanted) => {
    expect(checkInstanceName(text)).toEqual({ ok: wanted });
  });
  it.each([
    ['', 'Give the assistant a name.'], ['   ', 'Give the assistant a name.'], [null, 'Give the assistant a name, as text.'], [{}, 'Give the assistant a name, as text.'],
    ['x'.repeat(61), 'The name may have at most 60 characters.'], ['!!!', 'The name needs at least one letter or digit.'],
    [`a${'\u0335'.repeat(8)}`, 'The name has too many accents on one letter.'],
  ])('refuses %j: %s', (text, wanted) => expect(fault(checkInstanceName(text))).toBe(wanted));
  it.each(['a\nb', 'a\0b', 'a\u202eb', 'a\u200bb', 'a\u2066b', 'a\ufeffb', 'a\u00adb', 'a\u{e0041}b', '\ud800', 'a\u200db', 'ㅤㅤㅤ'])('refuses what is hidden: %j', (text) => {
    expect(fault(checkInstanceName(text))).toBe('The name contains an invisible character; type it again without copying.');
  });
});
