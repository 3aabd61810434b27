import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { Customer, Instance, NextStep } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { Strong } from '../../ui/Layout.js';
import { Notice } from '../../ui/Status.js';
import { useNow } from '../../ui/Time.js';
import { CardButton } from './CardButton.js';
import { codeOf, failureOf, isUnpaid, lookOf, type NextAction } from './next-step.js';
import { PayButton } from './PayButton.js';
import { RestoreButton } from './RestoreButton.js';
import { ResubscribeButton } from './ResubscribeButton.js';
import { ResumeButton } from './ResumeButton.js';

/** What happens, when, and why, in the language of the page. `meanwhile`: how the service is until then, where something is unpaid. */
export function useNextWords(): (step: NextStep, customer: Pick<Customer, 'stage'>) => { what: string; why: string; when: string | null; meanwhile: string | null } {
  const t = useTranslations('billing.next');
  const unpaid = useTranslations('billing.unpaid');
  const format = useFormats();
  const now = useNow(60_000);
  return (step, { stage }) => {
    const code = codeOf(step);
    const planName = String(step.values?.['planName'] ?? t('noPlan'));
    const smaller = step.values?.['downgradeToName'];
    const names = { planName, freePlanName: String(smaller ?? t('smallerPlan')) };
    // A plan without a smaller one keeps its limits until it stops.
    const key = code === 'downgrade' && smaller === null ? 'downgrade_none' : code;
    const relative = step.at === null ? null : format.relative(step.at, now);
    const date = step.at === null ? null : format.instant(step.at, relative === null ? 'deadlineDay' : 'deadline');
    const open = isUnpaid(stage);
    const failure = open ? failureOf(step) : null;
    const paused = failure !== null && failure.pausedUntilMs !== null && failure.pausedUntilMs > now ? unpaid('paused', { date: format.instant(failure.pausedUntilMs, 'deadlineDay') }) : null;
    return {
      what: key === null ? step.what : t(`${key}.what`, names),
      why: failure !== null ? unpaid('failedOn', { amount: format.amount(failure.amountCents, failure.currency), date: format.instant(failure.failedAtMs, 'date') })
        : key === null ? step.why : t(`${key}.why`, names),
      when: date === null ? null : relative === null ? date : t('when', { date, relative }),
      meanwhile: !open ? null : paused === null ? unpaid(`meanwhile.${stage}`) : `${paused} ${unpaid(`meanwhile.${stage}`)}`,
    };
  };
}

interface NextBannerProps {
  readonly customer: Customer;
  /** The instance that waits for its payment, if one does. */
  readonly unpaidInstanceId: string | null;
  /** The instance that a new subscription brings back, if one is kept. */
  readonly kept: Instance | null;
}

/** "What happens next", on every page, as long as it is true. Nobody can dismiss it; it leaves when its cause does. */
export function NextBanner({ customer, unpaidInstanceId, kept }: NextBannerProps) {
  const t = useTranslations('billing.next');
  const words = useNextWords();
  const format = useFormats();
  const now = useNow(60_000);
  if (customer.deletionAt !== null) {
    return (
      <Notice tone="bad" title={t('deletion.what')} actions={customer.role === 'owner' ? <RestoreButton /> : undefined}>
        <Strong>{format.instant(customer.deletionAt, 'deadline')}</Strong>. {t('deletion.why')}
      </Notice>
    );
  }
  const step = customer.nextStep;
  if (step === null) return null;
  const look = lookOf(customer, step, now);
  if (!look.everywhere) return null;
  const { what, why, when, meanwhile } = words(step, customer);
  const actions: Record<NextAction, ReactNode> = {
    pay: unpaidInstanceId === null ? undefined : <Button size="xs" variant="default" component={Link} to="/app/new/review">{t('actions.pay')}</Button>,
    payNow: <PayButton size="xs" cta />,
    card: <CardButton size="xs" cta />,
    undo: <ResumeButton size="xs" />,
    again: (
      <>
        {kept !== null && <ResubscribeButton size="xs" planId={customer.planId} instance={kept} />}
        <Button size="xs" variant="default" component={Link} to="/app/billing" hash="exports">{t('actions.exports')}</Button>
      </>
    ),
    choose: <Button size="xs" variant="default" component={Link} to="/app/new/plan">{t('actions.choose')}</Button>,
  };
  const at = when === null ? null : <Strong>{when.replace(/\.$/, '')}</Strong>;
  return (
    // Unpaid: what failed first, then what comes and when, then how it is meanwhile.
    <Notice tone={look.tone} title={meanwhile === null ? what : why} actions={look.action === null || customer.role === 'member' ? undefined : actions[look.action]}>
      {meanwhile === null ? <>{at !== null && <>{at}. </>}{why}</> : <>{at !== null && <>{at}: </>}{what} {meanwhile}</>}
      {meanwhile !== null && customer.role === 'member' && <> {t('askOwner')}</>}
    </Notice>
  );
}
