import { IconCreditCard, IconHome, IconMessageChatbot, IconSettings } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Frame, frame } from './Frame.js';

interface ShellProps {
  readonly email: string;
  /** The assistant the navigation leads to, or null where there is none yet. */
  readonly assistantId: string | null;
  /** False for staff, who pay for nothing. */
  readonly billing: boolean;
  readonly onSignOut: () => void;
  readonly banners: ReactNode;
  readonly children: ReactNode;
}

const ICON = { size: 19, stroke: 1.7, 'aria-hidden': true } as const;

/** Navigation of the subscriber. Support and finance have one of their own, under /support and /finance. */
export function Shell({ assistantId, billing, ...rest }: ShellProps) {
  const t = useTranslations('common.nav');
  const items = (close: () => void) => (
    <>
      <Link className={frame.item} to="/app" activeOptions={{ exact: true }} onClick={close}><IconHome {...ICON} />{t('home')}</Link>
      {assistantId !== null && (
        <Link className={frame.item} to="/app/instances/$instanceId" params={{ instanceId: assistantId }} onClick={close}><IconMessageChatbot {...ICON} />{t('assistant')}</Link>
      )}
      {billing && <Link className={frame.item} to="/app/billing" onClick={close}><IconCreditCard {...ICON} />{t('billing')}</Link>}
      <Link className={frame.item} to="/app/settings" onClick={close}><IconSettings {...ICON} />{t('settings')}</Link>
    </>
  );
  return <Frame home="/app" items={items} {...rest} />;
}
