import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { preloadDialog } from '../../ui/ConfirmDialog.js';
import type { ResubscribeDialogProps } from './ResubscribeDialog.js';

// What few people open is no part of the home page.
const load = () => import('./ResubscribeDialog.js');
const ResubscribeDialog = lazy(load);
const preload = (): void => {
  preloadDialog();
  void load();
};

interface ResubscribeButtonProps extends Omit<ResubscribeDialogProps, 'onClose'> {
  readonly size?: 'xs' | 'sm';
}

/** Brings the kept assistant of an ended customer back: asks for the price, then leads to the pay page. */
export function ResubscribeButton({ size = 'sm', ...order }: ResubscribeButtonProps) {
  const t = useTranslations('billing.again');
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button size={size} variant="cta" onMouseEnter={preload} onFocus={preload} onClick={() => setAsking(true)}>{t('action')}</Button>
      {asking && <Suspense fallback={null}><ResubscribeDialog {...order} onClose={() => setAsking(false)} /></Suspense>}
    </>
  );
}
