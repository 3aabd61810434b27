import type { ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Catalogue } from '#domain/plan/plan.types.js';
import type { Locale } from '../src/i18n/locale.js';
import type { Assets } from './Document.js';
import { Landing } from './Landing.js';
import { Pricing } from './Pricing.js';
import { wordsOf } from './words.js';

export interface RenderInput {
  readonly catalogue: Catalogue;
  readonly stylesheet: string;
  readonly font: Readonly<Partial<Record<Locale, string>>>;
}

/** Every public page in every language, as files under the dashboard's dist folder. Plans that are no longer sold are left out. */
export function renderPages({ catalogue, stylesheet, font }: RenderInput): { path: string; html: string }[] {
  const plans = catalogue.plans.filter(({ sold }) => sold);
  return (['en', 'ru'] as const).flatMap((locale) => {
    const words = wordsOf(locale);
    const assets: Assets = { stylesheet, font: font[locale] };
    const folder = locale === 'en' ? '' : `${locale}/`;
    const page = (name: string, element: ReactElement) => ({ path: `${folder}${name}.html`, html: `<!doctype html>${renderToStaticMarkup(element)}` });
    return [page('index', <Landing words={words} assets={assets} plans={plans} />), page('pricing', <Pricing words={words} assets={assets} plans={plans} />)];
  });
}
