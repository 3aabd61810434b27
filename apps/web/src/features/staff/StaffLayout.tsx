import { IconBook2, IconChartBar, IconFlask2, IconListDetails, IconSettings, IconUsers } from '@tabler/icons-react';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { meQuery } from '../../api/account.js';
import { ZoneProvider } from '../../i18n/Provider.js';
import { usePreferences } from '../shell/preferences.js';
import { Reauth } from '../shell/Reauth.js';
import { RouteMissing } from '../shell/RouteStates.js';
import { Frame, frame } from '../shell/Frame.js';
import { sectionAt, sectionsOf } from './roles.js';

const ICON = { size: 19, stroke: 1.7, 'aria-hidden': true } as const;

/** What the pages of finance and support stand in. Who does not work there is told that there is nothing. */
export function StaffLayout({ onSignOut }: { readonly onSignOut: () => void }) {
  const { data: me } = useSuspenseQuery(meQuery());
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const common = useTranslations('common');
  const finance = useTranslations('finance.nav');
  const support = useTranslations('support.nav');
  usePreferences(me);
  const sections = sectionsOf(me);
  const section = sectionAt(path);
  if (section === null || !sections.includes(section)) return <RouteMissing />;
  const items = (close: () => void) => (
    <>
      {sections.includes('support') && <Link className={frame.item} to="/support/{-$customerId}" params={{ customerId: undefined }} onClick={close}><IconUsers {...ICON} />{support('customers')}</Link>}
      {sections.includes('finance') && (
        <>
          <Link className={frame.item} to="/finance/{-$page}" params={{ page: undefined }} activeOptions={{ exact: true }} onClick={close}><IconChartBar {...ICON} />{finance('overview')}</Link>
          <Link className={frame.item} to="/finance/{-$page}" params={{ page: 'cases' }} onClick={close}><IconListDetails {...ICON} />{finance('cases')}</Link>
          <Link className={frame.item} to="/finance/{-$page}" params={{ page: 'ledger' }} onClick={close}><IconBook2 {...ICON} />{finance('ledger')}</Link>
          <Link className={frame.item} to="/finance/{-$page}" params={{ page: 'simulator' }} onClick={close}><IconFlask2 {...ICON} />{finance('simulator')}</Link>
        </>
      )}
      <Link className={frame.item} to="/app/settings" onClick={close}><IconSettings {...ICON} />{common('nav.settings')}</Link>
    </>
  );
  return (
    <ZoneProvider timeZone={me.timeZone}>
      <Frame home={`/${section}`} email={me.email} items={items} banners={null} onSignOut={onSignOut}><Outlet /></Frame>
      <Reauth email={me.email} />
    </ZoneProvider>
  );
}
