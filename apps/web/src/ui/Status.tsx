import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconAlertOctagon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Status.module.css';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'idle';

interface StatusProps {
  readonly tone: Tone;
  readonly pulse?: boolean;
  readonly pill?: boolean;
  readonly children: ReactNode;
}

/** A status: always a dot and a word, never a bare colour. */
export function Status({ tone, pulse = false, pill = true, children }: StatusProps) {
  return (
    <span className={`${classes.status} ${classes.tone}`} data-tone={tone} data-pill={pill}>
      <span className={classes.dot} data-pulse={pulse} aria-hidden="true" />
      {children}
    </span>
  );
}

const ICONS = { ok: IconCircleCheck, warn: IconAlertTriangle, bad: IconAlertOctagon, info: IconInfoCircle, idle: IconInfoCircle } as const;

interface NoticeProps {
  readonly tone: Tone;
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  /** Set where the notice appears as the answer to something the person did. */
  readonly live?: 'polite' | 'assertive';
  readonly children?: ReactNode;
}

/** A message in the page: icon, what is the case, what it means, what to do. */
export function Notice({ tone, title, actions, live, children }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div className={`${classes.notice} ${classes.tone}`} data-tone={tone} role={live === undefined ? undefined : live === 'assertive' ? 'alert' : 'status'}>
      <span className={classes.icon}><Icon size={18} stroke={1.8} aria-hidden="true" /></span>
      <div className={classes.noticeBody}>
        {title !== undefined && <p className={classes.noticeTitle}>{title}</p>}
        {children !== undefined && <div>{children}</div>}
        {actions !== undefined && <div className={classes.noticeActions}>{actions}</div>}
      </div>
    </div>
  );
}
