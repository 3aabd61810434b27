import { createFileRoute } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { instanceQuery } from '../api/instances.js';
import { LogsScreen } from '../features/instance/LogsScreen.js';

export const Route = createFileRoute('/app/_shell/instances/$instanceId/logs')({ component: Logs });

function Logs() {
  const { instanceId } = Route.useParams();
  const { data: instance } = useSuspenseQuery(instanceQuery(instanceId));
  return <LogsScreen instance={instance} />;
}
