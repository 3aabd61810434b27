import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { resumeSubscription } from '../../api/billing.js';
import { asProblem } from '../../api/errors.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';

/** Undoes a cancellation that has not come true yet. */
export function ResumeButton({ size = 'sm' }: { readonly size?: 'xs' | 'sm' }) {
  const t = useTranslations('billing.plan');
  const text = useProblemText();
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: resumeSubscription,
    onSuccess: () => toast(t('resumed')),
    onError: (error) => toast(text(asProblem(error))),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['me'] }), queries.invalidateQueries({ queryKey: ['subscription'] })]),
  });
  return <Button size={size} variant="default" loading={mutation.isPending} onClick={() => mutation.mutate()}>{t('resume')}</Button>;
}
