import type { Plan } from '#domain/plan/plan.types.js';
import { addressOf, Document, type Assets } from './Document.js';
import { Plans } from './Plans.js';
import type { Words } from './words.js';

const STEPS = ['plan', 'key', 'name', 'talk'] as const;
const DEMO = ['a', 'b', 'c', 'd'] as const;
const FACTS = ['isolated', 'keys', 'paid', 'notice', 'leave', 'truth'] as const;

interface PageProps {
  readonly words: Words;
  readonly assets: Assets;
  readonly plans: readonly Plan[];
}

export function Landing({ words, assets, plans }: PageProps) {
  const { site: t, locale } = words;
  const free = plans.find(({ prices }) => prices.length === 0);
  return (
    <Document page="landing" words={words} assets={assets}>
      <section className="hero">
        <div className="wrap hero-row">
          <div className="hero-text">
            <h1>{t('landing.headline')}</h1>
            <p className="lead">{t('landing.lead')}</p>
            <p className="actions">
              <a className="button cta large" href="/sign-up">{t('landing.cta')}</a>
              <a className="button plain large" href={addressOf('pricing', locale)}>{t('landing.prices')}</a>
            </p>
            {free !== undefined && <p className="meta">{t('landing.note', { plan: free.name })}</p>}
          </div>
          <Demo words={words} />
        </div>
      </section>
      <section className="wrap block">
        <h2>{t('landing.how.title')}</h2>
        <ol className="how">
          {STEPS.map((step, index) => <li key={step}><span className="count" aria-hidden="true">{index + 1}</span><h3>{t(`landing.how.steps.${step}.title`)}</h3><p>{t(`landing.how.steps.${step}.text`)}</p></li>)}
        </ol>
      </section>
      <section className="band">
        <div className="wrap block">
          <h2>{t('landing.facts.title')}</h2>
          <ul className="facts">
            {FACTS.map((fact) => <li key={fact}><h3>{t(`landing.facts.items.${fact}.title`)}</h3><p>{t(`landing.facts.items.${fact}.text`)}</p></li>)}
          </ul>
        </div>
      </section>
      <section className="wrap block">
        <h2>{t('landing.plans.title')}</h2>
        <p className="lead small">{t('landing.plans.lead')}</p>
        <Plans plans={plans} words={words} heading="h3" />
      </section>
    </Document>
  );
}

/** A picture of the product made of its own parts: sharp at any size, in both themes and languages, and no bytes to load. */
function Demo({ words }: { readonly words: Words }) {
  const { site: t } = words;
  return (
    <div className="stage" role="img" aria-label={t('landing.picture')}>
      <div className="demo" aria-hidden="true">
        <div className="demo-head"><b>{t('landing.demo.name')}</b><span className="pill"><i />{t('landing.demo.status')}</span><span className="meta">{t('landing.demo.since')}</span></div>
        <div className="demo-steps">
          {DEMO.map((key) => <div key={key}><i className="tick" />{t(`landing.demo.steps.${key}`)}<span className="meta">{t(`landing.demo.times.${key}`)}</span></div>)}
        </div>
        <div className="demo-chat"><p className="mine">{t('landing.demo.ask')}</p><p>{t('landing.demo.answer')}</p></div>
      </div>
    </div>
  );
}
