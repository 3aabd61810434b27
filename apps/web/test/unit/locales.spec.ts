import { parse, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = (locale: string) => fileURLToPath(new URL(`../../locales/${locale}/`, import.meta.url));
const filesOf = (locale: string) => readdirSync(folder(locale)).sort();
type Tree = { readonly [key: string]: string | Tree };
const read = (locale: string, file: string) => JSON.parse(readFileSync(folder(locale) + file, 'utf8')) as Tree;

function flatten(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flatten(value, `${prefix}${key}.`)));
}

/** Names of the placeholders of a message, with the kind of each (ICU element type), in whatever branch they stand. */
function placeholders(text: string): string[] {
  const found = new Set<string>();
  const walk = (elements: readonly MessageFormatElement[]) => {
    for (const element of elements) {
      if ('value' in element && element.type !== 0) found.add(`${element.value as string}:${element.type}`);
      if ('options' in element) for (const option of Object.values(element.options)) walk(option.value);
    }
  };
  walk(parse(text));
  return [...found].sort();
}

const PLURALS: Record<string, readonly string[]> = { en: ['one', 'other'], ru: ['one', 'few', 'many', 'other'] };

describe('catalogues', () => {
  it('are the same files in every language', () => {
    expect(filesOf('ru')).toEqual(filesOf('en'));
  });

  it.each(filesOf('en'))('%s has the same keys and placeholders in ru as in en', (file) => {
    const en = new Map(flatten(read('en', file)));
    const ru = new Map(flatten(read('ru', file)));
    expect([...ru.keys()].sort()).toEqual([...en.keys()].sort());
    for (const [key, text] of en) expect.soft({ key, placeholders: placeholders(ru.get(key) ?? '') }).toEqual({ key, placeholders: placeholders(text) });
  });

  it.each(['en', 'ru'])('%s names every plural form its language has', (locale) => {
    for (const file of filesOf(locale)) {
      for (const [key, text] of flatten(read(locale, file))) {
        for (const element of parse(text)) {
          if (element.type === 6) expect.soft({ file, key, forms: Object.keys(element.options) }).toEqual({ file, key, forms: PLURALS[locale] });
        }
      }
    }
  });

  it('keeps the tone: no exclamation marks, no Oops', () => {
    for (const locale of ['en', 'ru']) {
      for (const file of filesOf(locale)) for (const [key, text] of flatten(read(locale, file))) expect.soft(`${key}: ${text}`).not.toMatch(/!|oops|упс/i);
    }
  });
});
