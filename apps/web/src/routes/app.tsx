import { createFileRoute, isRedirect, Outlet, redirect } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { meQuery } from '../api/account.js';
import { asProblem } from '../api/errors.js';
import { LiveProvider, useLiveLink } from '../api/useLive.js';
import { Reauth } from '../features/account/Reauth.js';
import { i18n } from '../i18n/locale.js';
import { ZoneProvider } from '../i18n/Provider.js';

/** Everything behind sign-in. Support and finance get layouts of their own beside this one. */
export const Route = createFileRoute('/app')({
  beforeLoad: async ({ context, location }) => {
    const [me] = await Promise.all([
      context.queryClient.ensureQueryData(meQuery()).catch((error: unknown) => {
        if (!isRedirect(error) && asProblem(error).status === 401) throw redirect({ to: '/sign-in', search: { next: location.href } });
        throw error;
      }),
      i18n.ensureApp(),
    ]);
    return { me };
  },
  component: App,
});

function App() {
  const { data: me } = useSuspenseQuery(meQuery());
  const link = useLiveLink();
  return (
    <LiveProvider value={link}>
      <ZoneProvider timeZone={me.timeZone}>
        <Outlet />
        <Reauth email={me.email} />
      </ZoneProvider>
    </LiveProvider>
  );
}
