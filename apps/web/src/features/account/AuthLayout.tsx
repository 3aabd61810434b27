import type { ReactNode } from 'react';
import { Brand } from '../../ui/Brand.js';
import { LanguageSwitch } from '../../ui/LanguageSwitch.js';
import { usePageHeading } from '../../ui/Page.js';
import classes from './AuthLayout.module.css';

/** Frame of the pages before sign-in: one card in the middle. */
export function AuthLayout({ children }: { readonly children: ReactNode }) {
  return (
    <div className={classes.layout}>
      <header className={classes.top}>
        <Brand href="/" />
        <LanguageSwitch />
      </header>
      <main className={classes.main}>{children}</main>
    </div>
  );
}

interface AuthCardProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly icon?: ReactNode;
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}

export function AuthCard({ title, lead, icon, footer, children }: AuthCardProps) {
  const heading = usePageHeading(title);
  return (
    <div className={classes.card}>
      {icon !== undefined && <span className={classes.icon} aria-hidden="true">{icon}</span>}
      <div className={classes.head}>
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {lead !== undefined && <p className={classes.lead}>{lead}</p>}
      </div>
      {children}
      {footer !== undefined && <div className={classes.foot}>{footer}</div>}
    </div>
  );
}
