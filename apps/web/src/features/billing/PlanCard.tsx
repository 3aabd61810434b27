import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { cancelSubscription, openPortal } from '../../api/billing.js';
import { asProblem } from '../../api/errors.js';
import type { Customer, Instance, Plan, PlanPrice, Subscription } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { ConfirmDialog, preloadDialog } from '../../ui/ConfirmDialog.js';
import { Facts, Row, Soft, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Status, type Tone } from '../../ui/Status.js';
import { Time } from '../../ui/Time.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { afterCancel } from './next-step.js';
import { ResubscribeButton } from './ResubscribeButton.js';
import { ResumeButton } from './ResumeButton.js';

const STAGE_TONES: Readonly<Record<Customer['stage'], Tone>> = {
  prospect: 'idle', trialing: 'info', active: 'ok', retrying: 'warn', grace: 'warn', downgraded: 'bad', suspended: 'bad', ended: 'idle', torn_down: 'idle',
};

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

interface PlanCardProps {
  readonly customer: Customer;
  readonly plans: readonly Plan[];
  readonly subscription: Subscription | null;
  /** The instance that a new subscription brings back, if one is kept. */
  readonly kept: Instance | null;
}

/** The plan with its next date, its card, and the way out of it, which can be undone. */
export function PlanCard({ customer, plans, subscription, kept }: PlanCardProps) {
  const t = useTranslations('billing');
  const format = useFormats();
  const text = useProblemText();
  const queries = useQueryClient();
  const priceWords = usePriceWords();
  const [asking, setAsking] = useState(false);
  const plan = plans.find(({ id }) => id === customer.planId);
  const mayPay = customer.role !== 'member';
  const live = subscription !== null && subscription.endedAt === null && subscription.status !== 'canceled';
  const canceling = customer.cancelAtPeriodEnd || subscription?.cancelAtPeriodEnd === true;

  const portal = useMutation({
    mutationFn: openPortal,
    onSuccess: ({ url }) => window.location.assign(url),
    onError: (error) => toast(text(asProblem(error))),
  });
  const cancel = useMutation({
    mutationFn: cancelSubscription,
    onSuccess: () => {
      setAsking(false);
      toast(t('plan.canceled'));
    },
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['me'] }), queries.invalidateQueries({ queryKey: ['subscription'] })]),
  });

  const again = kept !== null && mayPay ? <ResubscribeButton planId={customer.planId} instance={kept} /> : null;
  if (plan === undefined) {
    return (
      <Card title={t('plan.title')} actions={<StageStatus customer={customer} />}>
        {again === null
          ? <Stack><Soft>{t('plan.noneText')}</Soft><Row><Button component={Link} to="/app/new/plan">{t('plan.choose')}</Button></Row></Stack>
          : <Row>{again}</Row>}
      </Card>
    );
  }
  const price = priceWords(plan, subscription);
  const trialEnd = customer.stage === 'trialing' && !canceling ? (customer.trialEndsAt ?? subscription?.trialEndsAt ?? null) : null;
  const periodEnd = customer.currentPeriodEndsAt ?? subscription?.currentPeriodEndsAt ?? null;
  const card = subscription?.paymentMethod ?? null;
  const then = afterCancel(plan, plans);
  const after = 'keptDays' in then
    ? [t('cancel.export'), t('cancel.kept', { days: then.keptDays })]
    : [then.free === null ? t('cancel.freeUnnamed') : t('cancel.free', { planName: then.free.name })];
  return (
    <Card
      title={t('plan.title')}
      actions={<StageStatus customer={customer} />}
      footer={live && mayPay ? (
        <Row>
          <Button variant="default" loading={portal.isPending || portal.isSuccess} onClick={() => portal.mutate()}>{t('plan.portal')}</Button>
          {canceling
            ? <ResumeButton />
            : <Button variant="subtle" onMouseEnter={preloadDialog} onFocus={preloadDialog} onClick={() => setAsking(true)}>{t('plan.cancel')}</Button>}
        </Row>
      ) : again ?? undefined}
    >
      <Facts rows={[
        [t('plan.name'), plan.name],
        ...(price === '' ? [] : [[t('plan.price'), price] as const]),
        ...(trialEnd !== null ? [[t('plan.trialEnds'), <Time key="trial" at={trialEnd} style="deadline" />] as const] : []),
        ...(live && trialEnd === null && periodEnd !== null ? [[t(canceling ? 'plan.ends' : 'plan.renews'), <Time key="period" at={periodEnd} style="deadlineDay" />] as const] : []),
        ...(live ? [[t('plan.card'), typeof card?.last4 !== 'string' ? t('plan.noCard') : t('plan.cardValue', { brand: capital(card.brand ?? ''), last4: card.last4 })] as const] : []),
      ]} />
      {asking && (
        <ConfirmDialog
          danger
          title={t('cancel.title')}
          lead={t('cancel.lead')}
          consequences={[
            periodEnd === null ? t('cancel.untilUnknown') : t('cancel.until', { date: format.instant(periodEnd, 'deadline') }),
            t('cancel.noCharge'), ...after, t('cancel.undo'),
          ]}
          verb={t('cancel.verb')}
          pending={cancel.isPending}
          problem={cancel.isError ? text(asProblem(cancel.error)) : null}
          onConfirm={() => cancel.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </Card>
  );
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
