import { IconX } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { useTranslations } from 'use-intl';
import classes from './Toasts.module.css';

interface Toast {
  readonly id: number;
  readonly text: string;
}

const SHOWN_MS = 6_000;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}
const dismiss = (id: number) => set(toasts.filter((toast) => toast.id !== id));
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Tells the result of what the person just did. Never for states: those stay on the page. */
export function toast(text: string): void {
  const id = nextId++;
  set([...toasts.slice(-2), { id, text }]);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** The one place toasts appear; a polite live region that is there before the first toast. */
export function Toasts() {
  const t = useTranslations('common');
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className={classes.host} role="status" aria-live="polite">
      {shown.map(({ id, text }) => (
        <div key={id} className={classes.toast}>
          <span>{text}</span>
          <button type="button" className={classes.close} aria-label={t('dismiss')} onClick={() => dismiss(id)}><IconX size={16} aria-hidden="true" /></button>
        </div>
      ))}
    </div>
  );
}
