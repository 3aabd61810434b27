import { createFileRoute, Outlet, useNavigate } from '@tanstack/react-router';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { meQuery } from '../api/account.js';
import { leave } from '../api/leave.js';
import { instancesQuery } from '../api/instances.js';
import { keptInstance } from '../features/billing/next-step.js';
import { NextBanner } from '../features/billing/NextBanner.js';
import { LinkNote } from '../features/shell/LinkNote.js';
import { Shell } from '../features/shell/Shell.js';

export const Route = createFileRoute('/app/_shell')({
  loader: async ({ context: { queryClient } }) => {
    if ((await queryClient.ensureQueryData(meQuery())).customer !== null) void queryClient.prefetchQuery(instancesQuery());
  },
  component: ShellRoute,
});

function ShellRoute() {
  const { queryClient } = Route.useRouteContext();
  const navigate = useNavigate();
  const { data: me } = useSuspenseQuery(meQuery());
  const { data: instances = [] } = useQuery({ ...instancesQuery(), enabled: me.customer !== null });
  return (
    <Shell
      email={me.email}
      assistantId={instances[0]?.id ?? null}
      billing={me.customer !== null}
      onSignOut={() => void leave(queryClient, () => navigate({ to: '/sign-in' }))}
      banners={(
        <>
          {me.customer !== null && (
            <NextBanner
              customer={me.customer}
              unpaidInstanceId={instances.find(({ status }) => status === 'awaiting_payment')?.id ?? null}
              kept={keptInstance(me.customer, instances)}
            />
          )}
          <LinkNote />
        </>
      )}
    >
      <Outlet />
    </Shell>
  );
}
