import { Outlet } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { meQuery } from '../../api/account.js';
import { LiveProvider, useLiveLink } from '../../api/useLive.js';
import { ZoneProvider } from '../../i18n/Provider.js';
import { usePreferences } from './preferences.js';
import { Reauth } from './Reauth.js';

/** What all signed-in pages stand in: the live stream, the zone of the person, and the dialog for a session that has ended. */
export function App() {
  const { data: me } = useSuspenseQuery(meQuery());
  const link = useLiveLink();
  usePreferences(me);
  return (
    <LiveProvider value={link}>
      <ZoneProvider timeZone={me.timeZone}>
        <Outlet />
        <Reauth email={me.email} />
      </ZoneProvider>
    </LiveProvider>
  );
}
