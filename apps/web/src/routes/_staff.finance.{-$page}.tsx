import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { CasesScreen } from '../features/finance/CasesScreen.js';
import { caseFilter, ledgerFilter } from '../features/finance/filters.js';
import { LedgerScreen } from '../features/finance/LedgerScreen.js';
import { OverviewScreen } from '../features/finance/OverviewScreen.js';
import { SimulatorScreen } from '../features/finance/SimulatorScreen.js';
import { RouteMissing } from '../features/shell/RouteStates.js';

// One route for all of finance: each route of the tree is paid for by every subscriber who signs in. What the address says is
// checked where it is used, for the same reason.
export const Route = createFileRoute('/_staff/finance/{-$page}')({ validateSearch: (search: Record<string, unknown>) => search, component: Finance });

function Finance() {
  const { page } = Route.useParams();
  const search = Route.useSearch();
  const navigate = useNavigate();
  const show = (next: object) => void navigate({ to: '/finance/{-$page}', params: { page }, search: { ...next }, replace: true });
  switch (page) {
    case undefined: return <OverviewScreen />;
    case 'cases': return <CasesScreen filter={caseFilter(search)} onFilter={show} />;
    case 'ledger': return <LedgerScreen filter={ledgerFilter(search)} onFilter={show} />;
    case 'simulator': return <SimulatorScreen />;
    default: return <RouteMissing />;
  }
}
