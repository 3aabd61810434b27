import { CUSTOMER_LIFECYCLE } from './customer-lifecycle.js';

export interface SupportView { readonly name: string; readonly query: string }

const WEEK_MS = 7 * 86_400_000;
const customers = (filter: string): string => `WorkflowType = '${CUSTOMER_LIFECYCLE}' AND ExecutionStatus = 'Running' AND ${filter}`;

/** The lists that support looks at every day, as queries of Temporal's list filter; `nowMs` is the real clock. */
export const supportViews = (nowMs: number): readonly SupportView[] => [
  { name: 'Needs attention', query: `NeedsAttention = true AND ExecutionStatus = 'Running'` },
  { name: 'Payment failed', query: customers(`CustomerStage = 'retrying'`) },
  { name: 'In grace', query: customers(`CustomerStage = 'grace'`) },
  { name: 'Downgraded', query: customers(`CustomerStage = 'downgraded'`) },
  { name: 'Suspended this week', query: customers(`CustomerStage = 'suspended' AND StageSince > '${new Date(nowMs - WEEK_MS).toISOString()}'`) },
];

/** Where Temporal's Web UI shows a view. The UI keeps saved views in the browser only, so a view is given as an address. */
export const supportViewUrl = (uiUrl: string, namespace: string, { query }: SupportView): string =>
  `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows?query=${encodeURIComponent(query)}`;
