import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { restoreMe } from '../../api/account.js';
import { asProblem } from '../../api/errors.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';

/** Takes the wish to delete the account back. */
export function RestoreButton() {
  const t = useTranslations('billing.next');
  const text = useProblemText();
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: restoreMe,
    onSuccess: () => toast(t('restored')),
    onError: (error) => toast(text(asProblem(error))),
    onSettled: () => queries.invalidateQueries({ queryKey: ['me'] }),
  });
  return <Button size="xs" variant="default" loading={mutation.isPending} onClick={() => mutation.mutate()}>{t('actions.restore')}</Button>;
}
