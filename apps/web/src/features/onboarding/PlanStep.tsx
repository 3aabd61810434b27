import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { useTranslations } from 'use-intl';
import type { Plan } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { Notice } from '../../ui/Status.js';
import { chosenPrice, type WizardDraft } from './draft.js';
import { usePlanWords } from './plan-words.js';
import { PricePicker } from './PricePicker.js';
import classes from './Wizard.module.css';
import { WizardPage } from './WizardLayout.js';

interface StepProps {
  readonly draft: WizardDraft;
  readonly onChange: (patch: Partial<WizardDraft>) => void;
  readonly onNext: () => void;
}

export function PlanStep({ draft, plans, onChange, onNext }: StepProps & { readonly plans: readonly Plan[] }) {
  const t = useTranslations('onboarding.plan');
  const common = useTranslations('common');
  const words = usePlanWords();
  const format = useFormats();
  // A free plan costs nothing in the currency of the others.
  const currency = plans.flatMap(({ prices }) => prices)[0]?.currency ?? 'usd';
  const [asked, setAsked] = useState(false);
  const chosen = plans.find(({ id }) => id === draft.planId);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (chosen !== undefined) onNext();
  };
  return (
    <WizardPage step="plan" title={t('title')} lead={t('lead')}>
      <form className={classes.form} onSubmit={submit}>
        <fieldset className={classes.plans} aria-label={t('group')}>
          {plans.map((plan) => {
            const price = chosenPrice(plan, plan.id === draft.planId ? draft.priceId : '');
            return (
              <label key={plan.id} className={classes.plan}>
                <input type="radio" name="plan" value={plan.id} checked={plan.id === draft.planId} onChange={() => onChange({ planId: plan.id, priceId: plan.prices[0]?.id ?? '' })} />
                <span className={classes.planName}>{plan.name}</span>
                <span className={classes.price}>
                  {price === null ? format.money(0, currency) : words.price(price)}
                  {price !== null && <small> {t('per', { interval: words.every(price) })}</small>}
                </span>
                <span className={classes.trial}>
                  {price === null ? t('noCard') : plan.trialHours > 0 ? t('trial', { hours: plan.trialHours, price: words.price(price) }) : ''}
                </span>
                <ul className={classes.limits}>
                  {words.limits(plan).map((limit) => <li key={limit}><IconCheck size={16} stroke={2.2} aria-hidden="true" />{limit}</li>)}
                </ul>
              </label>
            );
          })}
        </fieldset>
        {chosen !== undefined && <PricePicker plan={chosen} priceId={draft.priceId} onChange={(priceId) => onChange({ priceId })} />}
        {asked && chosen === undefined && <Notice tone="bad" live="assertive">{t('missing')}</Notice>}
        <div className={classes.foot}><Button type="submit" size="md">{common('continue')}</Button></div>
      </form>
    </WizardPage>
  );
}
