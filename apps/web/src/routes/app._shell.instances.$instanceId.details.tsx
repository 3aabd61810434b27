import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { plansQuery } from '../api/billing.js';
import { instanceQuery } from '../api/instances.js';
import { DetailsScreen } from '../features/instance/DetailsScreen.js';

export const Route = createFileRoute('/app/_shell/instances/$instanceId/details')({ component: Details });

function Details() {
  const { instanceId } = Route.useParams();
  const navigate = useNavigate();
  const { data: instance } = useSuspenseQuery(instanceQuery(instanceId));
  const { data: plans } = useQuery(plansQuery());
  return (
    <DetailsScreen
      instance={instance}
      planName={plans?.find(({ id }) => id === instance.planId)?.name ?? instance.planId}
      onRemoved={() => void navigate({ to: '/app/instances/$instanceId', params: { instanceId } })}
    />
  );
}
