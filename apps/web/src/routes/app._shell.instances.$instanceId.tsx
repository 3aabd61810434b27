import { createFileRoute, notFound, Outlet } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { asProblem } from '../api/errors.js';
import { instanceQuery } from '../api/instances.js';
import { InstanceLayout } from '../features/instance/InstanceLayout.js';
import { RemovedPanel } from '../features/instance/RemovedPanel.js';
import { SetUpPanel } from '../features/instance/SetUpPanel.js';
import { isRemoved, isSettingUp } from '../features/instance/words.js';

export const Route = createFileRoute('/app/_shell/instances/$instanceId')({
  loader: ({ context, params }) => context.queryClient.ensureQueryData(instanceQuery(params.instanceId)).catch((error: unknown) => {
    const { status } = asProblem(error);
    throw status === 404 || status === 400 ? notFound() : error;
  }),
  component: InstanceRoute,
});

function InstanceRoute() {
  const { instanceId } = Route.useParams();
  const { data: instance } = useSuspenseQuery(instanceQuery(instanceId));
  return (
    <InstanceLayout instance={instance}>
      {isSettingUp(instance) ? <SetUpPanel instance={instance} /> : isRemoved(instance) ? <RemovedPanel instance={instance} /> : <Outlet />}
    </InstanceLayout>
  );
}
