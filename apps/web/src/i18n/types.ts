import type app from './catalogues/en.app.js';
import type base from './catalogues/en.base.js';
import type payments from './catalogues/en.payments.js';
import type settings from './catalogues/en.settings.js';
import type staff from './catalogues/en.staff.js';
import type { Locale } from './locale.js';

/** English is the catalogue that types the keys; a test holds the others to the same keys and placeholders. */
declare module 'use-intl' {
  interface AppConfig {
    Locale: Locale;
    Messages: typeof base & typeof app & typeof payments & typeof settings & typeof staff;
  }
}
