import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useFormats } from '../i18n/Provider.js';
import type { InstantStyle } from '../i18n/format.js';
import classes from './Time.module.css';

/** The current time, read again each `everyMs`. */
export function useNow(everyMs = 15_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

interface TimeProps {
  readonly at: string;
  /** `auto`: relative below seven days, a date from there on. Deadlines are always absolute, the weekday first. */
  readonly style?: 'auto' | InstantStyle;
  readonly align?: 'start' | 'end';
  /** Says the time in another way than a bare instant, such as for how long it has been so. */
  readonly children?: (nowMs: number) => string;
}

/** The one way the product shows an instant: hover, focus or a tap tells it exactly, with its zone and in UTC. */
export function Time({ at, style = 'auto', align = 'start', children }: TimeProps) {
  const t = useTranslations('common');
  const format = useFormats();
  const now = useNow();
  const plain = style === 'auto' ? (format.relative(at, now) ?? format.instant(at, 'date')) : format.instant(at, style);
  const shown = children?.(now) ?? plain;
  const exact = `${format.instant(at, 'dateTime')} (${format.timeZone})`;
  return (
    <button type="button" className={classes.time}>
      <time dateTime={at}>{shown}</time>
      <span role="tooltip" className={classes.tip} data-align={align}>{`${exact}\n${t('utc', { time: new Date(at).toISOString().slice(0, 19).replace('T', ' ') })}`}</span>
    </button>
  );
}
