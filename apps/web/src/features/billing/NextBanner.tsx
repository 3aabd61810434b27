import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { Customer, Instance, NextStep } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { Strong } from '../../ui/Layout.js';
import { Notice } from '../../ui/Status.js';
import { useNow } from '../../ui/Time.js';
import { codeOf, lookOf, type NextAction } from './next-step.js';
import { RestoreButton } from './RestoreButton.js';
import { ResubscribeButton } from './ResubscribeButton.js';
import { ResumeButton } from './ResumeButton.js';

/** What happens, when, and why, in the language of the page. */
export function useNextWords(): (step: NextStep) => { what: string; why: string; when: string | null } {
  const t = useTranslations('billing.next');
  const format = useFormats();
  const now = useNow(60_000);
  return (step) => {
    const code = codeOf(step);
    const planName = String(step.values?.['planName'] ?? t('noPlan'));
    const relative = step.at === null ? null : format.relative(step.at, now);
    const date = step.at === null ? null : format.instant(step.at, relative === null ? 'deadlineDay' : 'deadline');
    return {
      what: code === null ? step.what : t(`${code}.what`, { planName }),
      why: code === null ? step.why : t(`${code}.why`, { planName }),
      when: date === null ? null : relative === null ? date : t('when', { date, relative }),
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
  const mayPay = customer.role !== 'member';
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
  const { what, why, when } = words(step);
  const actions: Record<NextAction, ReactNode> = {
    pay: unpaidInstanceId === null ? undefined : <Button size="xs" variant="default" component={Link} to="/app/new/review">{t('actions.pay')}</Button>,
    undo: <ResumeButton size="xs" />,
    again: (
      <>
        {kept !== null && <ResubscribeButton size="xs" planId={customer.planId} instance={kept} />}
        <Button size="xs" variant="default" component={Link} to="/app/billing" hash="exports">{t('actions.exports')}</Button>
      </>
    ),
    choose: <Button size="xs" variant="default" component={Link} to="/app/new/plan">{t('actions.choose')}</Button>,
    card: <Button size="xs" variant="cta" component={Link} to="/app/billing">{t('actions.card')}</Button>,
    restore: <RestoreButton />,
  };
  return (
    <Notice tone={look.tone} title={what} actions={look.action === null || !mayPay ? undefined : actions[look.action]}>
      {when !== null && <><Strong>{when.replace(/\.$/, '')}</Strong>. </>}{why}
    </Notice>
  );
}
