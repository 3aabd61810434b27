import type { AbstractIntlMessages } from 'use-intl';

export const LOCALES = ['en', 'ru'] as const;
export type Locale = (typeof LOCALES)[number];
export const isLocale = (value: unknown): value is Locale => LOCALES.includes(value as Locale);

type Part = 'base' | 'app';
type Catalogue = Record<string, unknown>;

const parts: Record<Locale, Record<Part, () => Promise<{ default: Catalogue }>>> = {
  en: { base: () => import('./catalogues/en.base.js'), app: () => import('./catalogues/en.app.js') },
  ru: { base: () => import('./catalogues/ru.base.js'), app: () => import('./catalogues/ru.app.js') },
};

const KEY = 'clawkeep.locale';

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The language of the last choice in this browser, else the browser's own; must agree with public/theme.js. */
function firstLocale(): Locale {
  const saved = stored();
  if (isLocale(saved)) return saved;
  return /^ru\b/i.test(navigator.language) ? 'ru' : 'en';
}

interface I18nState {
  readonly locale: Locale;
  readonly messages: AbstractIntlMessages;
  readonly loaded: ReadonlySet<Part>;
}

let state: I18nState = { locale: 'en', messages: {}, loaded: new Set() };
const listeners = new Set<() => void>();

async function show(locale: Locale, wanted: ReadonlySet<Part>): Promise<void> {
  const catalogues = await Promise.all([...wanted].map((part) => parts[locale][part]()));
  state = { locale, messages: Object.assign({}, ...catalogues.map((module) => module.default)) as AbstractIntlMessages, loaded: wanted };
  document.documentElement.lang = locale;
  for (const listener of listeners) listener();
}

export const i18n = {
  snapshot: (): I18nState => state,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** True where somebody has chosen a language in this browser before. */
  chosenHere: (): boolean => isLocale(stored()),
  /** Loads what every page needs; call once before the first render. */
  start: (): Promise<void> => show(firstLocale(), new Set(['base'])),
  /** Loads the words of the signed-in pages; does nothing the second time. */
  ensureApp: async (): Promise<void> => {
    if (!state.loaded.has('app')) await show(state.locale, new Set(['base', 'app']));
  },
  /** Changes the language of the page at once and remembers it in this browser. */
  setLocale: async (locale: Locale): Promise<void> => {
    try {
      localStorage.setItem(KEY, locale);
    } catch {
      // A browser that keeps nothing still gets the language for this visit.
    }
    if (locale !== state.locale) await show(locale, state.loaded);
  },
};
