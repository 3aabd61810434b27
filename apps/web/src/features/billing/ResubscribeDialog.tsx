import { NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { openCheckout, plansQuery } from '../../api/billing.js';
import { asProblem, type ProblemError } from '../../api/errors.js';
import type { Instance } from '../../api/types.js';
import { ConfirmDialog } from '../../ui/ConfirmDialog.js';
import { Facts } from '../../ui/Layout.js';
import { Skeletons } from '../../ui/States.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { chosenPrice } from '../onboarding/draft.js';
import { usePlanWords } from '../onboarding/plan-words.js';
import { PricePicker } from '../onboarding/PricePicker.js';
import { plansAgain } from './next-step.js';

export interface ResubscribeDialogProps {
  /** The plan the customer had. */
  readonly planId: string | null;
  readonly instance: Instance;
  readonly onClose: () => void;
}

/** Loaded when it is opened. The plan that was had, its prices, and the way to the pay page; nothing is charged before that page. */
export default function ResubscribeDialog({ planId, instance, onClose }: ResubscribeDialogProps) {
  const t = useTranslations('payments.again');
  const per = useTranslations('onboarding.plan');
  const words = usePlanWords();
  const textOf = useCheckoutProblem(instance.name);
  const queries = useQueryClient();
  const plans = useQuery(plansQuery());
  const [choice, setChoice] = useState({ planId, priceId: '' });
  const offered = plansAgain(planId, plans.data ?? []);
  const plan = offered.find(({ id }) => id === choice.planId) ?? offered[0];
  const price = plan === undefined ? null : chosenPrice(plan, choice.priceId);

  const checkout = useMutation({
    mutationFn: async () => {
      if (plan === undefined || price === null) return null;
      return openCheckout({ planId: plan.id, priceId: price.id, instanceId: instance.id });
    },
    onSuccess: (opened) => {
      if (opened !== null) window.location.assign(opened.checkoutUrl);
    },
    // A refusal may mean that the page shows what is no longer so.
    onError: () => Promise.all([['me'], ['instances'], ['subscription']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
  const failed = checkout.error ?? plans.error;
  const problem = failed !== null ? textOf(asProblem(failed)) : plans.isSuccess && plan === undefined ? t('noPlan') : null;
  return (
    <ConfirmDialog
      title={t('title')}
      lead={t('lead', { name: instance.name })}
      verb={t('verb')}
      pending={checkout.isPending || (checkout.isSuccess && checkout.data !== null)}
      problem={problem}
      onConfirm={() => checkout.mutate()}
      onClose={onClose}
    >
      {plans.isPending && <Skeletons heights={[48]} />}
      {offered.length > 1 && plan !== undefined && (
        <NativeSelect
          label={t('plan')}
          value={plan.id}
          onChange={(event) => setChoice({ planId: event.currentTarget.value, priceId: '' })}
          data={offered.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
      {plan !== undefined && price !== null && (
        <>
          {(offered.length === 1 || plan.prices.length === 1) && (
            <Facts rows={[[t('plan'), plan.prices.length > 1 ? plan.name : `${plan.name}, ${words.price(price)} ${per('per', { interval: words.every(price) })}`]]} />
          )}
          <PricePicker plan={plan} priceId={choice.priceId} onChange={(priceId) => setChoice({ planId: plan.id, priceId })} />
        </>
      )}
    </ConfirmDialog>
  );
}

/** Why the pay page could not be opened; the cases we know in the language of the page. */
function useCheckoutProblem(name: string): (problem: ProblemError) => string {
  const t = useTranslations('payments.again');
  const review = useTranslations('onboarding.review');
  const text = useProblemText();
  return (problem) => {
    switch (problem.code) {
      case 'NO_CAPACITY': return review('noCapacity');
      case 'NOT_FOUND': return t('removed', { name });
      case 'ALREADY_SUBSCRIBED': return t('subscribed');
      default: return [text(problem), ...Object.values(problem.fields)].join(' ');
    }
  };
}
