import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { deleteMe } from '../../api/account.js';
import { signOutEverywhere } from '../../api/auth.js';
import { asProblem, isProblem } from '../../api/errors.js';
import type { Me } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { ConfirmDialog, preloadDialog } from '../../ui/ConfirmDialog.js';
import { Card } from '../../ui/Page.js';
import { Notice } from '../../ui/Status.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';

export function SessionsCard({ onSignedOut }: { readonly onSignedOut: () => void }) {
  const t = useTranslations('settings.sessions');
  const text = useProblemText();
  const mutation = useMutation({ mutationFn: signOutEverywhere, onSuccess: onSignedOut, onError: (error) => toast(text(asProblem(error))) });
  return (
    <Card title={t('title')} lead={t('lead')}>
      <Button variant="default" loading={mutation.isPending} onClick={() => mutation.mutate()}>{t('everywhere')}</Button>
    </Card>
  );
}

/** Deletion of the account: 30 days in which it can be taken back, and never while somebody would still be charged. */
export function DeleteAccountCard({ me }: { readonly me: Me }) {
  const t = useTranslations('settings.delete');
  const billing = useTranslations('billing');
  const format = useFormats();
  const text = useProblemText();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const mutation = useMutation({
    mutationFn: deleteMe,
    onSuccess: async () => {
      setAsking(false);
      toast(t('done'));
      await queries.invalidateQueries({ queryKey: ['me'] });
    },
  });
  const deletionAt = me.customer?.deletionAt ?? null;
  const renews = isProblem(mutation.error, 'SUBSCRIPTION_RENEWS');
  return (
    <Card title={t('title')} lead={t('lead')}>
      {deletionAt !== null
        ? <Notice tone="warn">{t('pending', { date: format.instant(deletionAt, 'deadline') })}</Notice>
        : <Button variant="danger" onMouseEnter={preloadDialog} onFocus={preloadDialog} onClick={() => setAsking(true)}>{t('open')}</Button>}
      {asking && (
        <ConfirmDialog
          danger
          title={t('dialogTitle')}
          consequences={[t('plan'), t('stops'), t('grace')]}
          typedName={me.email}
          verb={t('verb')}
          pending={mutation.isPending}
          problem={mutation.isError ? (renews ? t('renews') : text(asProblem(mutation.error))) : null}
          onConfirm={() => mutation.mutate()}
          onClose={() => setAsking(false)}
        >
          {renews && <Link to="/app/billing">{billing('title')}</Link>}
        </ConfirmDialog>
      )}
    </Card>
  );
}
