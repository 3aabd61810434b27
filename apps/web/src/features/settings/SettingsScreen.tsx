import { useTranslations } from 'use-intl';
import type { Me } from '../../api/types.js';
import { Page } from '../../ui/Page.js';
import { DeleteAccountCard, SessionsCard } from './AccountCards.js';
import { DisplayCard } from './DisplayCard.js';
import { KeysCard } from './KeysCard.js';
import { PhoneCard } from './PhoneCard.js';
import { ProfileCard } from './ProfileCard.js';

export function SettingsScreen({ me, onSignedOut }: { readonly me: Me; readonly onSignedOut: () => void }) {
  const t = useTranslations('settings');
  return (
    <Page title={t('title')} lead={t('lead')} width="form">
      <ProfileCard me={me} />
      <DisplayCard me={me} />
      {me.customer !== null && <PhoneCard me={me} />}
      {me.customer !== null && <KeysCard />}
      <SessionsCard onSignedOut={onSignedOut} />
      {me.customer?.role === 'owner' && <DeleteAccountCard me={me} />}
    </Page>
  );
}
