import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Customer, Plan, Subscription } from '../../api/types.js';
import { Between, Meta, Soft, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { lookOf } from './next-step.js';
import { useNextWords } from './NextBanner.js';
import { StageStatus, usePriceWords } from './plan-status.js';
import classes from './PlanSummaryCard.module.css';

interface PlanSummaryCardProps {
  readonly customer: Customer;
  readonly plan: Plan | undefined;
  readonly subscription: Subscription | null;
}

/** The plan in three lines, for the home page. */
export function PlanSummaryCard({ customer, plan, subscription }: PlanSummaryCardProps) {
  const t = useTranslations('home.plan');
  const next = useTranslations('home');
  const words = useNextWords();
  const price = usePriceWords()(plan, subscription);
  // What stands in the banner above is not said twice.
  const quiet = customer.nextStep !== null && !lookOf(customer, customer.nextStep, Date.now()).everywhere;
  const step = quiet && customer.nextStep !== null ? words(customer.nextStep, customer) : null;
  return (
    <Card title={t('title')} actions={<StageStatus customer={customer} />} footer={<Link to="/app/billing">{t('manage')}</Link>}>
      <Stack gap={0.75}>
        <Between><span className={classes.name}>{plan?.name ?? t('none')}</span><Soft>{price}</Soft></Between>
        {step !== null && <Meta>{next('next')}: {step.what} {step.when ?? ''}</Meta>}
      </Stack>
    </Card>
  );
}
