import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { CustomerScreen } from '../features/support/CustomerScreen.js';
import { CustomersScreen } from '../features/support/CustomersScreen.js';
import { customerSearch } from '../features/support/search.js';

// The list and the customer's page are one route, as those of finance are.
export const Route = createFileRoute('/_staff/support/{-$customerId}')({ validateSearch: (search: Record<string, unknown>) => search, component: Support });

function Support() {
  const { customerId } = Route.useParams();
  const search = Route.useSearch();
  const navigate = useNavigate();
  return customerId === undefined
    ? <CustomersScreen search={customerSearch(search)} onSearch={(next) => void navigate({ to: '/support/{-$customerId}', params: {}, search: { ...next }, replace: true })} />
    : <CustomerScreen key={customerId} customerId={customerId} />;
}
