import { Button, TextInput } from '@mantine/core';
import { lazy, Suspense, useState, type FormEvent, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { DialogProps } from './Dialog.js';
import classes from './Dialog.module.css';
import { Bullets } from './Layout.js';
import { Notice } from './Status.js';

const load = () => import('./Dialog.js');
const Dialog = lazy(load);

/** Fetches the dialog's code before it is needed; for hover and focus of the button that opens it. */
export const preloadDialog = (): void => void load();

export function LazyDialog(props: DialogProps) {
  return <Suspense fallback={null}><Dialog {...props} /></Suspense>;
}

interface ConfirmDialogProps {
  readonly title: string;
  readonly lead?: ReactNode;
  /** What will happen, one consequence a line. */
  readonly consequences?: readonly ReactNode[];
  /** The verb of the act, the same as on the button that opened the dialog. */
  readonly verb: string;
  readonly danger?: boolean;
  /** For what cannot be taken back: the person types this. */
  readonly typedName?: string;
  readonly pending: boolean;
  readonly problem?: string | null;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/** Asks before something that hurts: consequences first, the verb on the button, nothing chosen beforehand. */
export function ConfirmDialog({ title, lead, consequences, verb, danger = false, typedName, pending, problem, onConfirm, onClose, children }: ConfirmDialogProps) {
  const t = useTranslations('common');
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState(false);
  const mismatch = typedName !== undefined && typed.trim() !== typedName;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (!mismatch && !pending) onConfirm();
  };
  return (
    <LazyDialog title={title} onClose={onClose}>
      <form className={classes.body} onSubmit={submit} noValidate>
        {lead !== undefined && <p>{lead}</p>}
        {consequences !== undefined && <Bullets items={consequences} />}
        {children}
        {typedName !== undefined && (
          <TextInput
            label={t('typeName', { name: typedName })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={asked && mismatch ? t('typeNameMismatch') : null}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        {typeof problem === 'string' && <Notice tone="bad" live="assertive">{problem}</Notice>}
        <div className={classes.actions}>
          <Button variant="default" onClick={onClose} disabled={pending}>{t('cancel')}</Button>
          <Button type="submit" variant={danger ? 'danger' : 'filled'} loading={pending}>{verb}</Button>
        </div>
      </form>
    </LazyDialog>
  );
}
