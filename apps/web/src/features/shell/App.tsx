import { useMantineColorScheme } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { meQuery } from '../../api/account.js';
import { LiveProvider, useLiveLink } from '../../api/useLive.js';
import type { Me } from '../../api/types.js';
import { i18n } from '../../i18n/locale.js';
import { ZoneProvider } from '../../i18n/Provider.js';
import { hasOwnScheme } from '../../theme/scheme.js';
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

/** A browser that has no choice of its own yet takes over language and appearance from the profile. */
function usePreferences({ locale, theme }: Pick<Me, 'locale' | 'theme'>): void {
  // The kit would switch transitions off by a <style> element, which our Content-Security-Policy refuses.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  useEffect(() => {
    if (!i18n.chosenHere()) void i18n.setLocale(locale);
    if (!hasOwnScheme()) setColorScheme(theme);
    // Once a visit: afterwards the person decides on this page.
  }, []);
}
