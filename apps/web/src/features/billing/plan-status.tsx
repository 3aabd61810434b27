import { useTranslations } from 'use-intl';
import type { Customer, Plan, PlanPrice, Subscription } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { Status } from '../../ui/Status.js';
import { STAGE_TONES } from '../../ui/stage-tones.js';

/** The stage in a word; a plan that is set to end says so. */
export function StageStatus({ customer }: { readonly customer: Customer }) {
  const t = useTranslations('billing.stage');
  const canceling = customer.cancelAtPeriodEnd && (customer.stage === 'active' || customer.stage === 'trialing');
  return <Status tone={canceling ? 'warn' : STAGE_TONES[customer.stage]}>{t(canceling ? 'canceling' : customer.stage)}</Status>;
}

/** "$29 every month", or "Free". */
export function usePriceWords(): (plan: Plan | undefined, subscription: Subscription | null) => string {
  const t = useTranslations('billing.plan');
  const interval = useTranslations('common.interval');
  const format = useFormats();
  return (plan, subscription) => {
    const price = subscription?.endedAt === null ? subscription : null;
    if (price === null || price.amountCents === null || price.currency === null || price.interval === null) return plan === undefined || plan.prices.length > 0 ? '' : t('free');
    return t('every', { price: format.money(price.amountCents, price.currency), interval: interval(price.interval as PlanPrice['interval'], { count: price.intervalCount ?? 1 }) });
  };
}
