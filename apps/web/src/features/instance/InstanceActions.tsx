import { Button } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { instanceQuery, wishInstance } from '../../api/instances.js';
import type { Instance } from '../../api/types.js';
import { ConfirmDialog, preloadDialog } from '../../ui/ConfirmDialog.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { refusalOf } from './words.js';

const TOLD = { start: 'started', stop: 'stopped', restart: 'restarted' } as const;
const ICON = { size: 16, stroke: 1.8, 'aria-hidden': true } as const;

/** Start, Stop and Restart as visible buttons; one that is off says why. */
export function InstanceActions({ instance }: { readonly instance: Instance }) {
  const t = useTranslations('instance.actions');
  const text = useProblemText();
  const queries = useQueryClient();
  const [stopping, setStopping] = useState(false);
  const mutation = useMutation({
    mutationFn: (verb: 'start' | 'stop' | 'restart') => wishInstance(instance.id, verb),
    onSuccess: (_, verb) => {
      setStopping(false);
      toast(t(TOLD[verb]));
    },
    onError: (error, verb) => {
      if (verb !== 'stop') toast(text(asProblem(error)));
    },
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: instanceQuery(instance.id).queryKey }), queries.invalidateQueries({ queryKey: ['instances'] })]),
  });
  const pending = (verb: string) => mutation.isPending && mutation.variables === verb;
  const off = (verb: 'start' | 'stop' | 'restart') => {
    const refusal = refusalOf(instance, verb);
    return refusal === null ? {} : { 'data-disabled': true, 'aria-disabled': true as const, title: t(`disabled.${refusal}`), onClick: undefined };
  };
  return (
    <>
      <Button variant="default" leftSection={<IconPlayerPlay {...ICON} />} loading={pending('start')} onClick={() => mutation.mutate('start')} {...off('start')}>{t('start')}</Button>
      <Button variant="default" leftSection={<IconPlayerStop {...ICON} />} onMouseEnter={preloadDialog} onFocus={preloadDialog} onClick={() => setStopping(true)} {...off('stop')}>{t('stop')}</Button>
      <Button variant="default" leftSection={<IconRefresh {...ICON} />} loading={pending('restart')} onClick={() => mutation.mutate('restart')} {...off('restart')}>{t('restart')}</Button>
      {stopping && (
        <ConfirmDialog
          title={t('stopTitle', { name: instance.name })}
          consequences={[t('stopAnswers'), t('stopData'), t('stopPays')]}
          verb={t('stopVerb')}
          pending={pending('stop')}
          problem={mutation.isError ? text(asProblem(mutation.error)) : null}
          onConfirm={() => mutation.mutate('stop')}
          onClose={() => setStopping(false)}
        />
      )}
    </>
  );
}
