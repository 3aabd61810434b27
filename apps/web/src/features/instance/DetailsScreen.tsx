import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { removeInstance } from '../../api/instances.js';
import { PROVIDER_NAMES } from '../../api/providers.js';
import type { Instance } from '../../api/types.js';
import { ConfirmDialog, preloadDialog } from '../../ui/ConfirmDialog.js';
import { Facts, Mono } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { StepList } from './StepList.js';

interface DetailsScreenProps {
  readonly instance: Instance;
  readonly planName: string;
  readonly onRemoved: () => void;
}

export function DetailsScreen({ instance, planName, onRemoved }: DetailsScreenProps) {
  const t = useTranslations('instance');
  const text = useProblemText();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const mutation = useMutation({
    mutationFn: () => removeInstance(instance.id),
    onSuccess: async () => {
      toast(t('remove.done'));
      await Promise.all([queries.invalidateQueries({ queryKey: ['instances'] }), queries.invalidateQueries({ queryKey: ['instance', instance.id] })]);
      onRemoved();
    },
  });
  const none = t('details.none');
  return (
    <>
      <Card title={t('details.title')}>
        <Facts rows={[
          [t('details.address'), instance.url === null ? t('details.noAddress') : <Mono key="url">{instance.url}</Mono>],
          [t('details.plan'), planName],
          [t('details.provider'), PROVIDER_NAMES[instance.provider]],
          [t('details.model'), <Mono key="model">{instance.model}</Mono>],
          [t('details.server'), instance.host === null ? none : <Mono key="host">{instance.host}</Mono>],
          [t('details.image'), instance.image === null ? none : <Mono key="image">{instance.image}</Mono>],
          [t('details.id'), <Mono key="id">{instance.id}</Mono>],
        ]} />
      </Card>
      {instance.steps.length > 0 && <Card title={t('steps.titleDone')}><StepList steps={instance.steps} /></Card>}
      <Card title={t('remove.title')} lead={t('remove.lead')}>
        <Button variant="danger" onMouseEnter={preloadDialog} onFocus={preloadDialog} onClick={() => setAsking(true)}>{t('remove.open')}</Button>
      </Card>
      {asking && (
        <ConfirmDialog
          danger
          title={t('remove.dialogTitle', { name: instance.name })}
          consequences={[t('remove.stops'), t('remove.exported'), t('remove.erased'), t('remove.plan')]}
          typedName={instance.name}
          verb={t('remove.open')}
          pending={mutation.isPending}
          problem={mutation.isError ? text(asProblem(mutation.error)) : null}
          onConfirm={() => mutation.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
