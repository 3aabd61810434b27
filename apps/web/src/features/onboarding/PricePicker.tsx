import { useId } from 'react';
import { useTranslations } from 'use-intl';
import type { Plan } from '../../api/types.js';
import { chosenPrice } from './draft.js';
import { usePlanWords } from './plan-words.js';
import classes from './PricePicker.module.css';

interface PricePickerProps {
  readonly plan: Plan;
  /** The price that is chosen; one the plan does not have stands for its first. */
  readonly priceId: string;
  readonly onChange: (priceId: string) => void;
}

/** How often one pays, each way with its price. Nothing to choose where the plan has one price. */
export function PricePicker({ plan, priceId, onChange }: PricePickerProps) {
  const t = useTranslations('onboarding.plan');
  const words = usePlanWords();
  const id = useId();
  if (plan.prices.length < 2) return null;
  return (
    <div>
      <p className={classes.legend} id={id}>{t('interval')}</p>
      <div className={classes.segments} role="radiogroup" aria-labelledby={id}>
        {plan.prices.map((price) => (
          <label key={price.id}>
            <input type="radio" name={`${id}price`} value={price.id} checked={chosenPrice(plan, priceId)?.id === price.id} onChange={() => onChange(price.id)} />
            {words.price(price)} {t('per', { interval: words.every(price) })}
          </label>
        ))}
      </div>
    </div>
  );
}
