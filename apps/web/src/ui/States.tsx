import { Button } from '@mantine/core';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Meta, Stack } from './Layout.js';
import { Notice } from './Status.js';
import classes from './States.module.css';

interface EmptyStateProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
  /** `h1` where nothing else heads the page. */
  readonly heading?: 'h1' | 'h2';
}

/** Nothing here yet: says what will be here and offers the one thing to do. */
export function EmptyState({ icon, title, children, action, heading: Heading = 'h2' }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.emptyIcon} aria-hidden="true">{icon}</span>
      <Heading>{title}</Heading>
      <p>{children}</p>
      {action !== undefined && <div className={classes.emptyAction}>{action}</div>}
    </div>
  );
}

/** The same as a card of its own, where there is nothing else on the page. */
export function EmptyCard(props: EmptyStateProps) {
  return <div className={classes.card}><EmptyState {...props} /></div>;
}

/** Stands where something will be, with its height, so that nothing jumps when it comes. */
export function Skeletons({ heights }: { readonly heights: readonly number[] }) {
  const t = useTranslations('common');
  return (
    <div role="status" aria-label={t('loading')}>
      <Stack gap={0.75}>
        {heights.map((height, index) => <div key={index} className={classes.skeleton} style={{ '--height': `${height}px` } as CSSProperties} />)}
      </Stack>
    </div>
  );
}

interface FailureProps {
  readonly title: string;
  readonly detail: string;
  readonly requestId?: string | null;
  readonly onRetry?: () => void;
}

/** Something could not be read: what, why, and how to try again. Stays inside the card that failed. */
export function Failure({ title, detail, requestId, onRetry }: FailureProps) {
  const t = useTranslations('common');
  return (
    <Notice
      tone="bad"
      live="assertive"
      title={title}
      actions={onRetry === undefined ? undefined : <Button size="xs" variant="default" onClick={onRetry}>{t('retry')}</Button>}
    >
      {detail}
      {typeof requestId === 'string' && <Meta>{t('requestId', { id: requestId })}</Meta>}
    </Notice>
  );
}

interface MeterProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
}

/** How much of a limit is used; the words beside it carry the numbers. */
export function Meter({ label, value, max }: MeterProps) {
  const share = max === 0 ? 1 : Math.min(value / max, 1);
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'ok';
  return (
    <div className={classes.bar} role="meter" aria-label={label} aria-valuenow={Math.min(value, max)} aria-valuemin={0} aria-valuemax={max}>
      <div className={classes.fill} data-tone={tone} style={{ '--share': `${(share * 100).toFixed(1)}%` } as CSSProperties} />
    </div>
  );
}
