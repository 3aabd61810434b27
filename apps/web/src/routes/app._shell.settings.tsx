import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { meQuery } from '../api/account.js';
import { SettingsScreen } from '../features/settings/SettingsScreen.js';
import { i18n } from '../i18n/locale.js';

export const Route = createFileRoute('/app/_shell/settings')({ loader: () => i18n.ensure('settings'), component: Settings });

function Settings() {
  const { queryClient } = Route.useRouteContext();
  const navigate = useNavigate();
  const { data: me } = useSuspenseQuery(meQuery());
  return (
    <SettingsScreen
      me={me}
      onSignedOut={() => {
        void navigate({ to: '/sign-in', search: { told: 'signedOutEverywhere' } }).then(() => queryClient.clear());
      }}
    />
  );
}
