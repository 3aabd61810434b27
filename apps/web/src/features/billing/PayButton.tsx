import { Button } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { lazyPart } from '../../i18n/lazy-part.js';
import { preloadDialog } from '../../ui/ConfirmDialog.js';

// What few people open is no part of the home page.
const dialog = lazyPart('payments', () => import('./PayDialog.js'));
const preload = (): void => {
  preloadDialog();
  dialog.preload();
};

/** Pays what is open with the card on file, after the amount has been shown. */
export function PayButton({ size = 'sm', cta = false }: { readonly size?: 'xs' | 'sm'; readonly cta?: boolean }) {
  const t = useTranslations('billing.next.actions');
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button size={size} variant={cta ? 'cta' : 'filled'} onMouseEnter={preload} onFocus={preload} onClick={() => setAsking(true)}>{t('payNow')}</Button>
      {asking && <Suspense fallback={null}><dialog.Part onClose={() => setAsking(false)} /></Suspense>}
    </>
  );
}
