import type { Plan } from '#domain/plan/plan.types.js';
import { formatMoney } from '../src/i18n/format.js';
import type { Words } from './words.js';

const Check = () => <svg className="check" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="m3 8.5 3.2 3.2L13 5" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" /></svg>;

/** The plans of the catalogue side by side; a click goes on to sign-up with the plan chosen. */
export function Plans({ plans, words, heading: Heading }: { readonly plans: readonly Plan[]; readonly words: Words; readonly heading: 'h2' | 'h3' }) {
  const { site: t, plan: p } = words;
  // A free plan costs nothing in the currency of the others.
  const currency = plans.flatMap(({ prices }) => prices)[0]?.currency ?? 'usd';
  return (
    <ul className="plans">
      {plans.map((plan) => {
        const [price, ...others] = plan.prices;
        return (
          <li key={plan.id} className="plan">
            <Heading>{plan.name}</Heading>
            <p className="price">{price === undefined ? formatMoney(words.locale, 0, currency) : <>{words.money(price)} <small>{p('per', { interval: words.every(price) })}</small></>}</p>
            <div className="terms">
              {price === undefined && <p className="meta">{t('pricing.noCard')}</p>}
              {price !== undefined && plan.trialHours > 0 && <p className="meta">{p('trial', { hours: plan.trialHours, price: words.money(price) })}</p>}
              {others.length > 0 && <p className="meta">{t('pricing.orEvery', { prices: others.map((other) => t('pricing.every', { price: words.money(other), interval: words.every(other) })).join(', ') })}</p>}
            </div>
            <ul className="limits">{words.limits(plan).map((limit) => <li key={limit}><Check />{limit}</li>)}</ul>
            <a className="button wide" href={`/sign-up?plan=${encodeURIComponent(plan.id)}`}>{t('pricing.choose', { plan: plan.name })}</a>
          </li>
        );
      })}
    </ul>
  );
}
