import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Instance } from '../../api/types.js';
import { usePageHeading } from '../../ui/Page.js';
import { Notice } from '../../ui/Status.js';
import { Steps } from '../../ui/Steps.js';
import { waitsForPayment } from './draft.js';
import classes from './Wizard.module.css';

/** After this long the page says that it takes longer, and what to do. */
const PATIENCE_MS = 20_000;

const STEPS = [['paid', 'done'], ['confirm', 'running'], ['setUp', 'waiting']] as const;

interface ReturnScreenProps {
  /** The assistant that was paid for, as far as it is known yet. */
  readonly instance: Instance | undefined;
  readonly onConfirmed: (instanceId: string) => void;
}

/** Back from the pay page: waits for the server to know of the payment, then goes on by itself. */
export function ReturnScreen({ instance, onConfirmed }: ReturnScreenProps) {
  const t = useTranslations('onboarding.return');
  const words = useTranslations('instance.steps.state');
  const heading = usePageHeading(t('title'));
  const [slow, setSlow] = useState(false);
  const confirmed = instance !== undefined && !waitsForPayment(instance) ? instance.id : null;
  useEffect(() => {
    if (confirmed !== null) onConfirmed(confirmed);
  }, [confirmed, onConfirmed]);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <div className={classes.head}>
        <h1 ref={heading} tabIndex={-1}>{t('title')}</h1>
        <p>{t('lead')}</p>
      </div>
      {slow ? (
        <Notice
          tone="info"
          live="polite"
          title={t('slowTitle')}
          actions={<><Button component={Link} to="/app/billing" size="xs" variant="default">{t('billing')}</Button><Button component={Link} to="/app" size="xs" variant="default">{t('home')}</Button></>}
        >
          {t('slow')}
        </Notice>
      ) : (
        <div className={classes.card}>
          <Steps
            label={t('steps.label')}
            rows={STEPS.map(([key, state]) => ({ key, title: t(`steps.${key}`), state, stateWord: words(state), took: null }))}
          />
        </div>
      )}
    </>
  );
}
