import { createHash } from 'node:crypto';
import { z } from 'zod';
import { NOTICE_KINDS } from '#domain/lifecycle/lifecycle.types.js';
import { readYamlFile, type Problem } from './yaml-file.js';

/** Every short text that goes to a phone: the notices, and the code that verifies a number. */
export const SHORT_KINDS = [...NOTICE_KINDS, 'phone_code'] as const;
export type ShortKind = (typeof SHORT_KINDS)[number];
export const SHORT_LOCALES = ['en', 'ru'] as const;
export type ShortLocale = (typeof SHORT_LOCALES)[number];

/** What may stand in a text as `{{place}}`. */
export const SHORT_PLACES = ['plan', 'assistant', 'amount', 'date', 'attempt', 'until', 'link', 'code'] as const;
export type ShortPlace = (typeof SHORT_PLACES)[number];

export interface ShortTemplate {
  readonly kind: ShortKind;
  readonly locale: ShortLocale;
  /** With places in words, `{{amount}}`. */
  readonly text: string;
  /** Names of the places in the order in which Twilio numbers them. */
  readonly places: readonly ShortPlace[];
  /** As Twilio's Content API takes it: `{{1}}`, `{{2}}` … */
  readonly numbered: string;
  /** `friendly_name` of the template at Twilio: it changes with the text. */
  readonly name: string;
  /** Fixed content SID; null = looked up by the name. */
  readonly sid: string | null;
}
export type ShortTemplates = Readonly<Record<ShortKind, Readonly<Record<ShortLocale, ShortTemplate>>>>;

const LONGEST = 300;
const text = z.string().min(10).max(LONGEST);
const entry = z.union([text, z.strictObject({ text, sid: z.string().regex(/^HX[0-9a-f]{32}$/, 'must be a content SID of Twilio: HX and 32 hexadecimal digits') })]);
const shape = z.strictObject({
  version: z.string().min(1).max(40),
  templates: z.record(z.enum(SHORT_KINDS), z.strictObject({ en: entry, ru: entry })),
});

/** Reads and checks `config/notices/short.yaml`. @throws ConfigFileError naming file, line, path and mend. */
export function loadShortTemplates(file: string): ShortTemplates {
  const { templates } = readYamlFile(file, shape, (value) => SHORT_KINDS.flatMap((kind) => SHORT_LOCALES.flatMap((locale) => problemsOf(kind, locale, textOf(value.templates[kind][locale]))))).value;
  return Object.fromEntries(SHORT_KINDS.map((kind) => [kind, Object.fromEntries(SHORT_LOCALES.map((locale) => [locale, templateOf(kind, locale, templates[kind][locale])]))])) as unknown as ShortTemplates;
}

type Entry = z.infer<typeof entry>;
const textOf = (given: Entry): string => (typeof given === 'string' ? given : given.text);
const placesIn = (given: string): string[] => [...given.matchAll(/\{\{(.*?)\}\}/g)].map((match) => match[1] ?? '');

function problemsOf(kind: ShortKind, locale: ShortLocale, given: string): Problem[] {
  const path = ['templates', kind, locale] as const;
  const places = placesIn(given);
  const unknown = places.filter((place) => !(SHORT_PLACES as readonly string[]).includes(place) || (place === 'code') !== (kind === 'phone_code'));
  const needed = kind === 'phone_code' ? 'code' : 'link';
  return [
    ...unknown.map((place) => ({ path, message: `has {{${place}}}, which is not known here: use one of ${SHORT_PLACES.filter((known) => (known === 'code') === (kind === 'phone_code')).join(', ')}` })),
    ...(places.includes(needed) ? [] : [{ path, message: `must have {{${needed}}}` }]),
    ...(/^\{\{|\}\}$|\}\}\s*\{\{/.test(given.trim()) ? [{ path, message: 'must not begin or end with a place, nor have two side by side: WhatsApp refuses such a template' }] : []),
    ...(new Set(places).size < places.length ? [{ path, message: 'has a place twice: use each once' }] : []),
  ];
}

function templateOf(kind: ShortKind, locale: ShortLocale, given: Entry): ShortTemplate {
  const words = textOf(given);
  const places = placesIn(words) as ShortPlace[];
  return {
    kind, locale, text: words, places,
    numbered: places.reduce((so, place, index) => so.replace(`{{${place}}}`, `{{${index + 1}}}`), words),
    name: `clawkeep_${kind}_${locale}_${createHash('sha256').update(words).digest('hex').slice(0, 8)}`,
    sid: typeof given === 'string' ? null : given.sid,
  };
}
