import type { CSSProperties } from 'react';
import { useFormats } from '../../i18n/Provider.js';
import classes from './finance.module.css';

/** A part of a whole as a bar with its percentage in words. */
export function Bar({ share, colour }: { readonly share: number; readonly colour: 1 | 2 | 3 | 4 | 5 | 6 }) {
  const { locale } = useFormats();
  return (
    <span className={classes.share}>
      <span className={classes.track} aria-hidden="true"><span style={{ '--share': `${(share * 100).toFixed(1)}%`, '--colour': `var(--ck-chart-${colour})` } as CSSProperties} /></span>
      {new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(share)}
    </span>
  );
}
