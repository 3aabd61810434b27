import { createFileRoute } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { instanceQuery } from '../api/instances.js';
import { ChatScreen } from '../features/chat/ChatScreen.js';

export const Route = createFileRoute('/app/_shell/instances/$instanceId/')({ component: Chat });

function Chat() {
  const { instanceId } = Route.useParams();
  const { data: instance } = useSuspenseQuery(instanceQuery(instanceId));
  return <ChatScreen key={instanceId} instance={instance} />;
}
