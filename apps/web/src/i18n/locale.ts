import type { AbstractIntlMessages } from 'use-intl';

export const LOCALES = ['en', 'ru'] as const;
export type Locale = (typeof LOCALES)[number];
export const isLocale = (value: unknown): value is Locale => LOCALES.includes(value as Locale);

/** `base`: every page. `app`: signed-in pages. `payments`: billing and its dialogs. `staff`: finance and support. */
export type Part = 'base' | 'app' | 'payments' | 'settings' | 'staff';
type Catalogue = Record<string, unknown>;

const parts: Record<Locale, Record<Part, () => Promise<{ default: Catalogue }>>> = {
  en: { base: () => import('./catalogues/en.base.js'), app: () => import('./catalogues/en.app.js'), payments: () => import('./catalogues/en.payments.js'), settings: () => import('./catalogues/en.settings.js'), staff: () => import('./catalogues/en.staff.js') },
  ru: { base: () => import('./catalogues/ru.base.js'), app: () => import('./catalogues/ru.app.js'), payments: () => import('./catalogues/ru.payments.js'), settings: () => import('./catalogues/ru.settings.js'), staff: () => import('./catalogues/ru.staff.js') },
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

/** Everything asked for so far: a part that comes while another one is loading takes none away. */
const wanted = new Set<Part>();
let wantedLocale: Locale = 'en';

async function show(locale: Locale, ...more: readonly Part[]): Promise<void> {
  wantedLocale = locale;
  for (const part of more) wanted.add(part);
  const loaded = new Set(wanted);
  const catalogues = await Promise.all([...loaded].map((part) => parts[locale][part]()));
  if (wantedLocale !== locale) return show(wantedLocale);
  // A later call has shown more in the same language meanwhile.
  if (state.locale === locale && [...loaded].every((part) => state.loaded.has(part))) return;
  state = { locale, messages: Object.assign({}, ...catalogues.map((module) => module.default)) as AbstractIntlMessages, loaded };
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
  start: (): Promise<void> => show(firstLocale(), 'base'),
  /** Loads the words of these parts; does nothing the second time. */
  ensure: async (...asked: readonly Part[]): Promise<void> => {
    if (asked.some((part) => !state.loaded.has(part))) await show(state.locale, ...asked);
  },
  /** Changes the language of the page at once and remembers it in this browser. */
  setLocale: async (locale: Locale): Promise<void> => {
    try {
      localStorage.setItem(KEY, locale);
    } catch {
      // A browser that keeps nothing still gets the language for this visit.
    }
    if (locale !== state.locale) await show(locale);
  },
};
