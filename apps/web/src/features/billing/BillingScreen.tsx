import { useTranslations } from 'use-intl';
import type { Customer, Plan, Subscription } from '../../api/types.js';
import { Page } from '../../ui/Page.js';
import { ExportsCard } from './ExportsCard.js';
import { InvoicesCard } from './InvoicesCard.js';
import { PlanCard } from './PlanCard.js';

interface BillingScreenProps {
  readonly customer: Customer;
  readonly plans: readonly Plan[];
  readonly subscription: Subscription | null;
}

/** Always reachable, whatever the stage: the way to pay and to the invoices is never taken away. */
export function BillingScreen({ customer, plans, subscription }: BillingScreenProps) {
  const t = useTranslations('billing');
  return (
    <Page title={t('title')} lead={t('lead')}>
      <PlanCard customer={customer} plan={plans.find(({ id }) => id === customer.planId)} subscription={subscription} />
      <InvoicesCard />
      {customer.role === 'owner' && <ExportsCard />}
    </Page>
  );
}
