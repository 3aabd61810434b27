import { NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { changePlan, previewChangeQuery } from '../../api/billing.js';
import { asProblem } from '../../api/errors.js';
import type { ChangePreview, Plan, Subscription } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { ConfirmDialog } from '../../ui/ConfirmDialog.js';
import { Bullets, Soft, Stack } from '../../ui/Layout.js';
import { Failure, Skeletons } from '../../ui/States.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { usePlanWords } from '../onboarding/plan-words.js';
import classes from './ChangePlanDialog.module.css';
import { changesOf, type PlanOption } from './plan-change.js';

interface ChangePlanDialogProps {
  readonly plans: readonly Plan[];
  readonly subscription: Subscription;
  /** The present plan. */
  readonly planName: string;
  readonly onClose: () => void;
}

/** Loaded when it is opened. Another plan, what it gives, and the exact amount before anything is charged. */
export default function ChangePlanDialog({ plans, subscription, planName, onClose }: ChangePlanDialogProps) {
  const t = useTranslations('payments.change');
  const per = useTranslations('onboarding.plan');
  const format = useFormats();
  const text = useProblemText();
  const words = usePlanWords();
  const queries = useQueryClient();
  const options = changesOf(plans, subscription);
  const [chosenId, setChosenId] = useState(() => (options.find(({ when }) => when === 'now') ?? options[0])?.price.id ?? '');
  const chosen = options.find(({ price }) => price.id === chosenId) ?? options[0];
  const choice = { planId: chosen?.plan.id ?? '', priceId: chosen?.price.id ?? '' };
  const preview = useQuery({ ...previewChangeQuery(choice), enabled: chosen?.when === 'now' });
  const priceWords = ({ price }: PlanOption) => `${words.price(price)} ${per('per', { interval: words.every(price) })}`;
  const date = subscription.currentPeriodEndsAt === null ? null : format.instant(subscription.currentPeriodEndsAt, 'deadlineDay');

  const change = useMutation({
    mutationFn: () => changePlan(chosen?.when === 'period_end' ? { ...choice, atPeriodEnd: true } : { ...choice, ...(preview.data === undefined ? {} : { prorationAt: preview.data.prorationAt }) }),
    onSuccess: () => {
      toast(chosen?.when === 'period_end' ? t('booked') : t('done', { planName: chosen?.plan.name ?? '' }));
      onClose();
    },
    onSettled: () => Promise.all([['me'], ['subscription'], ['invoices'], ['instances'], ['plan-change']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
  const problem = change.isError ? asProblem(change.error) : null;
  const ready = chosen !== undefined && (chosen.when === 'period_end' || preview.isSuccess);
  const verb = chosen?.when === 'period_end' ? t('verbLater')
    : preview.isSuccess && preview.data.amountDueCents > 0 ? t('verbPay', { amount: format.amount(preview.data.amountDueCents, preview.data.currency) }) : t('verb');
  return (
    <ConfirmDialog
      title={t('title')}
      lead={t('lead', { planName })}
      verb={verb}
      pending={change.isPending || (chosen?.when === 'now' && preview.isPending)}
      problem={problem === null ? null : problem.code === 'PAYMENT_FAILED' ? `${t('declined')} ${text(problem)}` : text(problem)}
      onConfirm={() => { if (ready) change.mutate(); }}
      onClose={onClose}
    >
      <NativeSelect
        label={t('plan')}
        value={chosen?.price.id ?? ''}
        disabled={change.isPending}
        onChange={(event) => {
          change.reset();
          setChosenId(event.currentTarget.value);
        }}
        data={options.map((option) => ({ value: option.price.id, label: `${option.plan.name}, ${priceWords(option)}` }))}
      />
      {chosen !== undefined && (
        <Stack gap={0.75}>
          <Soft>{chosen.when === 'now' ? t('now') : date === null ? t('laterUnknown') : t('later', { date })}</Soft>
          <Bullets items={words.limits(chosen.plan)} />
          {chosen.when === 'now' && <Cost preview={preview} />}
          {chosen.when === 'period_end' && <Soft>{t('laterCost', { price: priceWords(chosen) })}</Soft>}
        </Stack>
      )}
    </ConfirmDialog>
  );
}

interface CostProps {
  readonly preview: { readonly data: ChangePreview | undefined; readonly isError: boolean; readonly error: unknown; refetch(): unknown };
}

/** Stripe's own lines of what is charged and given back today, and what that makes. */
function Cost({ preview: { data, isError, error, refetch } }: CostProps) {
  const t = useTranslations('payments.change');
  const format = useFormats();
  const text = useProblemText();
  if (isError) {
    const problem = asProblem(error);
    return <Failure title={t('previewFailed')} detail={text(problem)} requestId={problem.requestId} onRetry={() => void refetch()} />;
  }
  if (data === undefined) return <Skeletons heights={[20, 20, 24]} />;
  const credit = data.amountDueCents < 0;
  return (
    <table className={classes.cost}>
      <caption>{t('cost')}</caption>
      <tbody>
        {data.lines.map((line, index) => <tr key={index}><th scope="row">{line.description}</th><td>{format.amount(line.amountCents, data.currency)}</td></tr>)}
      </tbody>
      <tfoot><tr><th scope="row">{t(credit ? 'credit' : 'due')}</th><td>{format.amount(Math.abs(data.amountDueCents), data.currency)}</td></tr></tfoot>
    </table>
  );
}
