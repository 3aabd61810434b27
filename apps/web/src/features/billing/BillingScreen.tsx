import { useTranslations } from 'use-intl';
import type { Customer, Instance, Plan, Subscription } from '../../api/types.js';
import { Page } from '../../ui/Page.js';
import { ExportsCard } from './ExportsCard.js';
import { InvoicesCard } from './InvoicesCard.js';
import { PlanCard } from './PlanCard.js';

interface BillingScreenProps {
  readonly customer: Customer;
  readonly plans: readonly Plan[];
  readonly subscription: Subscription | null;
  /** The instance that a new subscription brings back, if one is kept. */
  readonly kept: Instance | null;
}

/** Always reachable, whatever the stage: the way to pay and to the invoices is never taken away. */
export function BillingScreen({ customer, plans, subscription, kept }: BillingScreenProps) {
  const t = useTranslations('billing');
  return (
    <Page title={t('title')} lead={t('lead')}>
      <PlanCard customer={customer} plans={plans} subscription={subscription} kept={kept} />
      <InvoicesCard />
      {customer.role === 'owner' && <ExportsCard />}
    </Page>
  );
}
