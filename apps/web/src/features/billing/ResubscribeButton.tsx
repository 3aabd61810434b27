import { Button } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { lazyPart } from '../../i18n/lazy-part.js';
import { preloadDialog } from '../../ui/ConfirmDialog.js';
import type { ResubscribeDialogProps } from './ResubscribeDialog.js';

// What few people open is no part of the home page.
const dialog = lazyPart('payments', () => import('./ResubscribeDialog.js'));
const preload = (): void => {
  preloadDialog();
  dialog.preload();
};

interface ResubscribeButtonProps extends Omit<ResubscribeDialogProps, 'onClose'> {
  readonly size?: 'xs' | 'sm';
}

/** Brings the kept assistant of an ended customer back: asks for the price, then leads to the pay page. */
export function ResubscribeButton({ size = 'sm', ...order }: ResubscribeButtonProps) {
  const t = useTranslations('billing.next.actions');
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button size={size} variant="cta" onMouseEnter={preload} onFocus={preload} onClick={() => setAsking(true)}>{t('again')}</Button>
      {asking && <Suspense fallback={null}><dialog.Part {...order} onClose={() => setAsking(false)} /></Suspense>}
    </>
  );
}
