import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { instancesQuery } from '../api/instances.js';
import { dropDraft, waitsForPayment } from '../features/onboarding/draft.js';
import { ReturnScreen } from '../features/onboarding/ReturnScreen.js';
import { WizardLayout } from '../features/onboarding/WizardLayout.js';

/** How often the page asks, beside the live stream, which may be slow to connect right after a page load. */
const ASK_MS = 1_500;

export const Route = createFileRoute('/app/checkout/return')({
  validateSearch: ({ instance, canceled }: Record<string, unknown>): { instance?: string; canceled?: true } => ({
    ...(typeof instance === 'string' ? { instance } : {}),
    ...(canceled === undefined ? {} : { canceled: true }),
  }),
  beforeLoad: async ({ context, search }) => {
    if (search.canceled !== true) return;
    // Who left the page for a kept assistant has no wizard to go back to. Where it cannot be read, the wizard asks again by itself.
    const { instancesQuery: query } = await import('../api/instances.js');
    const instances = await context.queryClient.ensureQueryData(query()).catch(() => []);
    if (instances.some(({ id, status }) => id === search.instance && status !== 'awaiting_payment')) throw redirect({ to: '/app/billing', replace: true });
    throw redirect({ to: '/app/new/$step', params: { step: 'review' }, search: { canceled: true }, replace: true });
  },
  component: Return,
});

function Return() {
  const { instance: wanted } = Route.useSearch();
  const navigate = useNavigate();
  const { data: instances = [] } = useQuery({ ...instancesQuery(), refetchInterval: ASK_MS });
  const onConfirmed = useCallback((instanceId: string) => {
    dropDraft();
    void navigate({ to: '/app/instances/$instanceId', params: { instanceId }, replace: true });
  }, [navigate]);
  return (
    <WizardLayout narrow>
      <ReturnScreen instance={instances.find(({ id }) => id === wanted) ?? instances.find(waitsForPayment) ?? instances[0]} onConfirmed={onConfirmed} />
    </WizardLayout>
  );
}
