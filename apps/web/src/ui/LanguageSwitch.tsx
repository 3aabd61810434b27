import { useTranslations } from 'use-intl';
import { i18n, LOCALES, type Locale } from '../i18n/locale.js';
import { useLocale } from '../i18n/Provider.js';
import classes from './LanguageSwitch.module.css';

/** The visible choice of language; each language is named in itself. */
export function LanguageSwitch({ onChange }: { readonly onChange?: (locale: Locale) => void }) {
  const t = useTranslations('common');
  const current = useLocale();
  return (
    <div className={classes.switch} role="group" aria-label={t('language')}>
      {LOCALES.map((locale) => (
        <button
          key={locale}
          type="button"
          lang={locale}
          className={classes.choice}
          aria-pressed={locale === current}
          onClick={() => {
            void i18n.setLocale(locale);
            onChange?.(locale);
          }}
        >
          {t(`languages.${locale}`)}
        </button>
      ))}
    </div>
  );
}
