import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Customer, Instance, Plan, Subscription } from '../../api/types.js';
import { lazyPart } from '../../i18n/lazy-part.js';
import { preloadDialog } from '../../ui/ConfirmDialog.js';
import { Facts, Row, Soft, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Time } from '../../ui/Time.js';
import { BookedChange } from './BookedChange.js';
import { CardButton } from './CardButton.js';
import { isUnpaid } from './next-step.js';
import { PayButton } from './PayButton.js';
import { changesOf } from './plan-change.js';
import { StageStatus, usePriceWords } from './plan-status.js';
import { ResubscribeButton } from './ResubscribeButton.js';
import { ResumeButton } from './ResumeButton.js';

const change = lazyPart('payments', () => import('./ChangePlanDialog.js'));
const cancel = lazyPart('payments', () => import('./CancelDialog.js'));
const opener = (part: { preload: () => void }) => {
  const preload = (): void => {
    preloadDialog();
    part.preload();
  };
  return { onMouseEnter: preload, onFocus: preload };
};

export interface PlanCardProps {
  readonly customer: Customer;
  readonly plans: readonly Plan[];
  readonly subscription: Subscription | null;
  /** The instance that a new subscription brings back, if one is kept. */
  readonly kept: Instance | null;
}

/** The plan with its next date, its card, the ways to another plan, and the way out of it, which can be undone. */
export function PlanCard({ customer, plans, subscription, kept }: PlanCardProps) {
  const t = useTranslations('billing');
  const priceWords = usePriceWords();
  const [asking, setAsking] = useState<'change' | 'cancel' | null>(null);
  const plan = plans.find(({ id }) => id === customer.planId);
  const mayPay = customer.role !== 'member';
  const live = subscription !== null && subscription.endedAt === null && subscription.status !== 'canceled';
  const canceling = customer.cancelAtPeriodEnd || subscription?.cancelAtPeriodEnd === true;
  const unpaid = isUnpaid(customer.stage);
  const booked = subscription?.scheduledChange ?? null;

  const again = kept !== null && mayPay ? <ResubscribeButton planId={customer.planId} instance={kept} /> : null;
  if (customer.planId === null || (plan === undefined && !live)) {
    return (
      <Card title={t('plan.title')} actions={<StageStatus customer={customer} />}>
        {again === null
          ? <Stack><Soft>{t('plan.noneText')}</Soft>{mayPay && <Row><Button component={Link} to="/app/new/plan">{t('plan.choose')}</Button></Row>}</Stack>
          : <Row>{again}</Row>}
      </Card>
    );
  }
  // A plan that is sold no longer is in no list; who has it keeps it, under the name that the lifecycle tells.
  const name = plan?.name ?? String(customer.nextStep?.values?.['planName'] ?? customer.planId);
  const price = priceWords(plan, subscription);
  const trialEnd = customer.stage === 'trialing' && !canceling ? (customer.trialEndsAt ?? subscription?.trialEndsAt ?? null) : null;
  const periodEnd = customer.currentPeriodEndsAt ?? subscription?.currentPeriodEndsAt ?? null;
  const card = subscription?.paymentMethod ?? null;
  // While something is unpaid the way out of that comes first; another plan would only make the open amount unclear.
  const changeable = live && !canceling && !unpaid && changesOf(plans, subscription).length > 0;
  const close = () => setAsking(null);
  return (
    <Card
      title={t('plan.title')}
      actions={<StageStatus customer={customer} />}
      footer={live && mayPay ? (
        <Row>
          {unpaid && <PayButton />}
          {changeable && <Button {...opener(change)} onClick={() => setAsking('change')}>{t('plan.change')}</Button>}
          <CardButton />
          {canceling ? <ResumeButton /> : <Button variant="subtle" {...opener(cancel)} onClick={() => setAsking('cancel')}>{t('plan.cancel')}</Button>}
        </Row>
      ) : again ?? undefined}
    >
      <Stack>
        {booked !== null && live && <BookedChange booked={booked} plans={plans} subscription={subscription} mayDrop={mayPay} />}
        <Facts rows={[
          [t('plan.name'), plan === undefined ? `${name}. ${t('plan.withdrawn')}` : name],
          ...(price === '' ? [] : [[t('plan.price'), price] as const]),
          ...(trialEnd !== null ? [[t('plan.trialEnds'), <Time key="trial" at={trialEnd} style="deadline" />] as const] : []),
          ...(live && trialEnd === null && periodEnd !== null ? [[t(canceling ? 'plan.ends' : 'plan.renews'), <Time key="period" at={periodEnd} style="deadlineDay" />] as const] : []),
          ...(live ? [[t('plan.card'), typeof card?.last4 !== 'string' ? t('plan.noCard') : t('plan.cardValue', { brand: capital(card.brand ?? ''), last4: card.last4 })] as const] : []),
        ]} />
      </Stack>
      <Suspense fallback={null}>
        {asking === 'change' && subscription !== null && <change.Part plans={plans} subscription={subscription} planName={name} onClose={close} />}
        {asking === 'cancel' && <cancel.Part plan={plan} plans={plans} endsAt={periodEnd} onClose={close} />}
      </Suspense>
    </Card>
  );
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
