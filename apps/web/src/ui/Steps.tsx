import { IconArrowBackUp, IconCheck, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { VisuallyHidden } from './Layout.js';
import classes from './Steps.module.css';

export type StepMark = 'waiting' | 'running' | 'done' | 'failed' | 'undone';

export interface StepRow {
  readonly key: string;
  readonly title: string;
  readonly state: StepMark;
  /** The state in words, for those who do not see the mark. */
  readonly stateWord: string;
  /** How long it has been running or took, or null where it has not begun. */
  readonly took: string | null;
  readonly detail?: ReactNode;
}

const ICONS = { done: IconCheck, failed: IconX, undone: IconArrowBackUp } as const;

/** A long piece of work as an ordered list: each step with its state and time. */
export function Steps({ rows, label }: { readonly rows: readonly StepRow[]; readonly label: string }) {
  return (
    <ol className={classes.list} aria-label={label}>
      {rows.map((row) => {
        const Icon = row.state in ICONS ? ICONS[row.state as keyof typeof ICONS] : null;
        return (
          <li key={row.key} className={classes.step} data-state={row.state} aria-current={row.state === 'running' ? 'step' : undefined}>
            <span className={classes.mark} data-state={row.state}>{Icon !== null && <Icon size={15} stroke={2.2} aria-hidden="true" />}</span>
            <span className={classes.title}>{row.title}<VisuallyHidden>{` (${row.stateWord})`}</VisuallyHidden></span>
            <span className={classes.took}>{row.took}</span>
            {row.detail !== undefined && <div className={classes.detail}>{row.detail}</div>}
          </li>
        );
      })}
    </ol>
  );
}
