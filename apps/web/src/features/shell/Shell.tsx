import { IconCreditCard, IconHome, IconLogout, IconMenu2, IconMessageChatbot, IconSettings, IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useRef, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Brand } from '../../ui/Brand.js';
import classes from './Shell.module.css';

interface ShellProps {
  readonly email: string;
  /** The assistant the navigation leads to, or null where there is none yet. */
  readonly assistantId: string | null;
  readonly onSignOut: () => void;
  readonly banners: ReactNode;
  readonly children: ReactNode;
}

const ICON = { size: 19, stroke: 1.7, 'aria-hidden': true } as const;

/** Navigation of the subscriber. Support and finance get shells of their own beside this one, under /support and /finance. */
export function Shell({ email, assistantId, onSignOut, banners, children }: ShellProps) {
  const t = useTranslations('common');
  const drawer = useRef<HTMLDialogElement>(null);
  const close = () => drawer.current?.close();
  const items = (
    <>
      <Link className={classes.item} to="/app" activeOptions={{ exact: true }} onClick={close}><IconHome {...ICON} />{t('nav.home')}</Link>
      {assistantId !== null && (
        <Link className={classes.item} to="/app/instances/$instanceId" params={{ instanceId: assistantId }} onClick={close}><IconMessageChatbot {...ICON} />{t('nav.assistant')}</Link>
      )}
      <Link className={classes.item} to="/app/billing" onClick={close}><IconCreditCard {...ICON} />{t('nav.billing')}</Link>
      <Link className={classes.item} to="/app/settings" onClick={close}><IconSettings {...ICON} />{t('nav.settings')}</Link>
    </>
  );
  const foot = (
    <div className={classes.foot}>
      <p className={classes.who} title={email}>{email}</p>
      <button type="button" className={classes.item} onClick={onSignOut}><IconLogout {...ICON} />{t('nav.signOut')}</button>
    </div>
  );
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">{t('skip')}</a>
      <div className={classes.side}>
        <Brand href="/app" />
        <nav className={classes.nav} aria-label={t('nav.label')}>{items}</nav>
        {foot}
      </div>
      <header className={classes.top}>
        <Brand href="/app" />
        <button type="button" className={classes.iconButton} aria-label={t('nav.menu')} aria-haspopup="dialog" onClick={() => drawer.current?.showModal()}><IconMenu2 size={22} stroke={1.7} aria-hidden="true" /></button>
      </header>
      <dialog ref={drawer} className={classes.drawer} aria-label={t('nav.menu')} onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
        <div className={classes.drawerBody}>
          <div className={classes.drawerHead}>
            <Brand href="/app" />
            <button type="button" className={classes.iconButton} aria-label={t('close')} onClick={close}><IconX size={22} stroke={1.7} aria-hidden="true" /></button>
          </div>
          <nav className={classes.nav} aria-label={t('nav.label')}>{items}</nav>
          {foot}
        </div>
      </dialog>
      <main id="content" className={classes.main} tabIndex={-1}>
        <div className={classes.banners}>{banners}</div>
        {children}
      </main>
    </div>
  );
}
