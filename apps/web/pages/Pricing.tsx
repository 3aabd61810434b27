import type { Plan } from '#domain/plan/plan.types.js';
import { Document, type Assets } from './Document.js';
import { Plans } from './Plans.js';
import type { Words } from './words.js';

const QUESTIONS = ['cancel', 'fail', 'key', 'data'] as const;

export function Pricing({ words, assets, plans }: { readonly words: Words; readonly assets: Assets; readonly plans: readonly Plan[] }) {
  const { site: t } = words;
  const hours = Math.max(0, ...plans.map(({ trialHours }) => trialHours));
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
          {hours > 0 && <details><summary>{t('pricing.questions.items.trial.q')}</summary><p>{t('pricing.questions.items.trial.a', { hours })}</p></details>}
          {QUESTIONS.map((item) => <details key={item}><summary>{t(`pricing.questions.items.${item}.q`)}</summary><p>{t(`pricing.questions.items.${item}.a`)}</p></details>)}
        </div>
      </section>
    </Document>
  );
}
