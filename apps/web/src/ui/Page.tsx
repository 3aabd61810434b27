import { useEffect, useId, useRef, type ReactNode } from 'react';
import classes from './Page.module.css';

interface PageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly width?: 'full' | 'form';
  readonly children: ReactNode;
}

/** True until the first page has been shown: a fresh load leaves the focus to the browser. */
let firstPage = true;

/** Names the browser tab `title · Clawkeep` and, on navigation, moves the focus to the heading so that it is announced. */
export function usePageHeading(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Clawkeep`;
  }, [title]);
  useEffect(() => {
    if (!firstPage) heading.current?.focus({ preventScroll: true });
    firstPage = false;
  }, []);
  return heading;
}

/** A signed-in page: one heading, what the page is for, its actions, its cards. */
export function Page({ title, lead, actions, width = 'full', children }: PageProps) {
  const heading = usePageHeading(title);
  return (
    <div className={classes.page} data-width={width}>
      <div className={classes.head}>
        <div>
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly footer?: ReactNode;
  readonly flush?: boolean;
  readonly children: ReactNode;
}

/** A titled box; `flush` lets a table or a list reach its edges. */
export function Card({ title, lead, actions, footer, flush = false, children }: CardProps) {
  const id = useId();
  return (
    <section className={classes.card} aria-labelledby={id}>
      <div className={classes.cardHead}>
        <div>
          <h2 id={id}>{title}</h2>
          {lead !== undefined && <p className={classes.cardLead}>{lead}</p>}
        </div>
        {actions}
      </div>
      <div className={classes.cardBody} data-flush={flush}>{children}</div>
      {footer !== undefined && <div className={classes.cardFoot}>{footer}</div>}
    </section>
  );
}
