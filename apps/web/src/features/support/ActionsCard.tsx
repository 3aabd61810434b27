import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { SupportCustomerDetail, SupportVerb } from '../../api/support.js';
import { preloadDialog } from '../../ui/ConfirmDialog.js';
import { Card } from '../../ui/Page.js';
import { refusalOf, VERBS } from './actions.js';
import classes from './support.module.css';

const load = () => import('./ActionDialog.js');
const ActionDialog = lazy(load);
const preload = (): void => {
  preloadDialog();
  void load();
};

/** What support can do, each with a word on what it means; what cannot be done now says why. */
export function ActionsCard({ customer }: { readonly customer: SupportCustomerDetail }) {
  const t = useTranslations('support.actions');
  const [verb, setVerb] = useState<SupportVerb | null>(null);
  return (
    <Card title={t('title')} lead={t('lead')}>
      <ul className={classes.actions}>
        {VERBS.map((one) => {
          const refusal = refusalOf(one, customer);
          return (
            <li key={one}>
              <Button variant="default" disabled={refusal !== null} aria-describedby={`act-${one}`} onMouseEnter={preload} onFocus={preload} onClick={() => setVerb(one)}>{t(`verbs.${one}`)}</Button>
              <p id={`act-${one}`}>{refusal === null ? t(`texts.${one}`) : t(`refused.${refusal}`)}</p>
            </li>
          );
        })}
      </ul>
      {verb !== null && <Suspense fallback={null}><ActionDialog customer={customer} verb={verb} onClose={() => setVerb(null)} /></Suspense>}
    </Card>
  );
}
