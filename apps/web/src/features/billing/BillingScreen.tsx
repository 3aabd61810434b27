import { useTranslations } from 'use-intl';
import type { Customer, Plan, Subscription } from '../../api/types.js';
import { Meta } from '../../ui/Layout.js';
import { Page } from '../../ui/Page.js';
import { useNow } from '../../ui/Time.js';
import { ExportsCard } from './ExportsCard.js';
import { InvoicesCard } from './InvoicesCard.js';
import { lookOf } from './next-step.js';
import { useNextWords } from './NextBanner.js';
import { PlanCard } from './PlanCard.js';

interface BillingScreenProps {
  readonly customer: Customer;
  readonly plans: readonly Plan[];
  readonly subscription: Subscription | null;
}

/** Always reachable, whatever the stage: the way to pay and to the invoices is never taken away. */
export function BillingScreen({ customer, plans, subscription }: BillingScreenProps) {
  const t = useTranslations('billing');
  const now = useNow(60_000);
  const words = useNextWords();
  const quiet = customer.nextStep !== null && !lookOf(customer, customer.nextStep, now).everywhere ? words(customer.nextStep) : null;
  return (
    <Page title={t('title')} lead={t('lead')}>
      <PlanCard customer={customer} plan={plans.find(({ id }) => id === customer.planId)} subscription={subscription} />
      {quiet !== null && <Meta>{t('next.label')}: {quiet.what} {quiet.when ?? ''}</Meta>}
      <InvoicesCard />
      {customer.role === 'owner' && <ExportsCard />}
    </Page>
  );
}
