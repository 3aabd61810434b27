import type { Plan } from '#domain/plan/plan.types.js';
import { Document, type Assets } from './Document.js';
import { Plans } from './Plans.js';
import type { Words } from './words.js';

const QUESTIONS = ['trial', 'cancel', 'fail', 'key', 'data'] as const;

export function Pricing({ words, assets, plans }: { readonly words: Words; readonly assets: Assets; readonly plans: readonly Plan[] }) {
  const { site: t } = words;
  return (
    <Document page="pricing" words={words} assets={assets}>
      <section className="wrap block first">
        <h1>{t('pricing.headline')}</h1>
        <p className="lead">{t('pricing.lead')}</p>
        <Plans plans={plans} words={words} heading="h2" />
      </section>
      <section className="wrap block">
        <h2>{t('pricing.questions.title')}</h2>
        <div className="questions">
          {QUESTIONS.map((item) => <details key={item}><summary>{t(`pricing.questions.items.${item}.q`)}</summary><p>{t(`pricing.questions.items.${item}.a`)}</p></details>)}
        </div>
      </section>
    </Document>
  );
}
