import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { changePlan } from '../../api/billing.js';
import { asProblem } from '../../api/errors.js';
import type { Plan, ScheduledChange, Subscription } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { Notice } from '../../ui/Status.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { usePlanWords } from '../onboarding/plan-words.js';

interface BookedChangeProps {
  readonly booked: ScheduledChange;
  readonly plans: readonly Plan[];
  readonly subscription: Subscription;
  readonly mayDrop: boolean;
}

/** A change that waits for the end of the period; choosing the present plan again lets it go. */
export function BookedChange({ booked, plans, subscription, mayDrop }: BookedChangeProps) {
  const t = useTranslations('payments.booked');
  const per = useTranslations('onboarding.plan');
  const format = useFormats();
  const text = useProblemText();
  const words = usePlanWords();
  const queries = useQueryClient();
  const plan = plans.find(({ id }) => id === booked.planId);
  const price = plan?.prices.find(({ id }) => id === booked.priceId);
  const { planId, priceId } = subscription;
  const drop = useMutation({
    mutationFn: async () => (planId === null || priceId === null ? null : changePlan({ planId, priceId })),
    onSuccess: () => toast(t('dropped')),
    onError: (error) => toast(text(asProblem(error))),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['me'] }), queries.invalidateQueries({ queryKey: ['subscription'] })]),
  });
  return (
    <Notice
      tone="info"
      title={t('title', { planName: plan?.name ?? booked.planId ?? '', date: format.instant(booked.at, 'deadlineDay').replace(/\.$/, '') })}
      actions={mayDrop && planId !== null && priceId !== null ? <Button size="xs" variant="default" loading={drop.isPending} onClick={() => drop.mutate()}>{t('drop')}</Button> : undefined}
    >
      {price === undefined ? t('text') : t('textPrice', { price: `${words.price(price)} ${per('per', { interval: words.every(price) })}` })}
    </Notice>
  );
}
