import type { ReactNode } from 'react';
import type { Locale } from '../src/i18n/locale.js';
import type { Words } from './words.js';

export interface Assets {
  readonly stylesheet: string;
  /** The font subset that the language needs first. */
  readonly font: string | undefined;
}

/** Address of a page in a language: English at the root, Russian under /ru. */
export const addressOf = (page: 'landing' | 'pricing', locale: Locale): string => {
  const tail = page === 'landing' ? '' : 'pricing';
  return locale === 'en' ? `/${tail}` : `/ru/${tail}`;
};

interface DocumentProps {
  readonly page: 'landing' | 'pricing';
  readonly words: Words;
  readonly assets: Assets;
  readonly children: ReactNode;
}

/** The whole document of a public page: head, header, footer. No script but theme.js, which sets the colours before the first paint. */
export function Document({ page, words, assets, children }: DocumentProps) {
  const { site: t, locale } = words;
  const other: Locale = locale === 'en' ? 'ru' : 'en';
  return (
    <html lang={locale}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{t(`${page}.title`)}</title>
        <meta name="description" content={t(`${page}.description`)} />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="alternate" hrefLang={other} href={addressOf(page, other)} />
        <link rel="alternate" hrefLang={locale} href={addressOf(page, locale)} />
        <script src="/theme.js" />
        {assets.font !== undefined && <link rel="preload" as="font" type="font/woff2" href={assets.font} crossOrigin="anonymous" />}
        <link rel="stylesheet" href={assets.stylesheet} />
      </head>
      <body>
        <a className="skip" href="#content">{t('nav.skip')}</a>
        <header className="top">
          <div className="wrap top-row">
            <a className="brand" href={addressOf('landing', locale)}><img src="/favicon.svg" width="28" height="28" alt="" />Clawkeep</a>
            <nav className="nav" aria-label={t('nav.label')}>
              <a href={addressOf('pricing', locale)} aria-current={page === 'pricing' ? 'page' : undefined}>{t('nav.pricing')}</a>
              <a href={addressOf(page, other)} lang={other} hrefLang={other}>{other === 'ru' ? 'Русский' : 'English'}</a>
              <a href="/sign-in">{t('nav.signIn')}</a>
              <a className="button" href="/sign-up">{t('nav.signUp')}</a>
            </nav>
          </div>
        </header>
        <main id="content">{children}</main>
        <footer className="foot">
          <div className="wrap foot-row">
            <p>Clawkeep. {t('footer.line')}</p>
            <nav className="nav" aria-label={t('footer.label')}>
              <a href={addressOf('pricing', locale)}>{t('nav.pricing')}</a>
              <a href="/api/docs">{t('footer.api')}</a>
              <a href="/sign-in">{t('nav.signIn')}</a>
            </nav>
          </div>
        </footer>
      </body>
    </html>
  );
}
