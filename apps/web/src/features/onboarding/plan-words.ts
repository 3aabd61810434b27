import { useTranslations } from 'use-intl';
import type { Plan, PlanPrice } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';

/** The words of a plan: its limits one by one, its price, its interval. */
export function usePlanWords() {
  const t = useTranslations('onboarding.plan');
  const interval = useTranslations('common.interval');
  const format = useFormats();
  const every = (price: PlanPrice) => interval(price.interval, { count: price.intervalCount });
  return {
    every,
    price: (price: PlanPrice) => format.money(price.amountCents, price.currency),
    /** "$29 every month" without a preposition of its own: the caller's message has it. */
    limits: ({ limits }: Plan): string[] => [
      limits.messagesPerDay !== null ? t('limit.messagesPerDay', { count: limits.messagesPerDay })
        : limits.messagesPerMonth !== null ? t('limit.messagesPerMonth', { count: limits.messagesPerMonth }) : t('limit.messagesUnlimited'),
      limits.skills === null ? t('limit.skillsUnlimited') : t('limit.skills', { count: limits.skills }),
      t('limit.agents', { count: limits.agents }),
      ...(limits.subAgents > 0 ? [t('limit.subAgents', { count: limits.subAgents })] : []),
      ...(limits.seats > 1 ? [t('limit.seats', { count: limits.seats })] : []),
    ],
  };
}
