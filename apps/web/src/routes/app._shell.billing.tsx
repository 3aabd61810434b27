import { createFileRoute } from '@tanstack/react-router';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { meQuery } from '../api/account.js';
import { plansQuery, subscriptionQuery } from '../api/billing.js';
import { instancesQuery } from '../api/instances.js';
import { BillingScreen } from '../features/billing/BillingScreen.js';
import { keptInstance } from '../features/billing/next-step.js';
import { i18n } from '../i18n/locale.js';

export const Route = createFileRoute('/app/_shell/billing')({
  loader: ({ context: { queryClient } }) => Promise.all([i18n.ensure('payments'), queryClient.ensureQueryData(plansQuery()), queryClient.ensureQueryData(subscriptionQuery())]),
  component: Billing,
});

function Billing() {
  const { data: me } = useSuspenseQuery(meQuery());
  const { data: plans } = useSuspenseQuery(plansQuery());
  const { data: state } = useSuspenseQuery(subscriptionQuery());
  // Not waited for: billing stays reachable where the assistants cannot be read.
  const { data: instances = [] } = useQuery(instancesQuery());
  return me.customer === null ? null : <BillingScreen customer={me.customer} plans={plans} subscription={state.subscription} kept={keptInstance(me.customer, instances)} />;
}
