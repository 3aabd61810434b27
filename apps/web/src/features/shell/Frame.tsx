import { IconLogout, IconMenu2, IconX } from '@tabler/icons-react';
import { useRef, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Brand } from '../../ui/Brand.js';
import classes from './Shell.module.css';

interface FrameProps {
  /** Where the brand leads. */
  readonly home: string;
  readonly email: string;
  /** The links of the navigation, which is there twice: beside the page, and in the drawer of a phone, which closes on a choice. */
  readonly items: (close: () => void) => ReactNode;
  readonly onSignOut: () => void;
  readonly banners: ReactNode;
  readonly children: ReactNode;
}

const ICON = { size: 19, stroke: 1.7, 'aria-hidden': true } as const;

/** The frame of every signed-in page: navigation, banners, the page. */
export function Frame({ home, email, items, onSignOut, banners, children }: FrameProps) {
  const t = useTranslations('common');
  const drawer = useRef<HTMLDialogElement>(null);
  const close = () => drawer.current?.close();
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
        <Brand href={home} />
        <nav className={classes.nav} aria-label={t('nav.label')}>{items(close)}</nav>
        {foot}
      </div>
      <header className={classes.top}>
        <Brand href={home} />
        <button type="button" className={classes.iconButton} aria-label={t('nav.menu')} aria-haspopup="dialog" onClick={() => drawer.current?.showModal()}><IconMenu2 size={22} stroke={1.7} aria-hidden="true" /></button>
      </header>
      <dialog ref={drawer} className={classes.drawer} aria-label={t('nav.menu')} onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
        <div className={classes.drawerBody}>
          <div className={classes.drawerHead}>
            <Brand href={home} />
            <button type="button" className={classes.iconButton} aria-label={t('close')} onClick={close}><IconX size={22} stroke={1.7} aria-hidden="true" /></button>
          </div>
          <nav className={classes.nav} aria-label={t('nav.label')}>{items(close)}</nav>
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

export { classes as frame };
