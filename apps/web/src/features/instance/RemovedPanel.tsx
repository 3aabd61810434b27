import { Button } from '@mantine/core';
import { IconArchive } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Instance } from '../../api/types.js';
import { Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { EmptyCard } from '../../ui/States.js';
import { Notice } from '../../ui/Status.js';
import { useStatusText } from './InstanceStatus.js';
import { StepList } from './StepList.js';

/** The assistant is going or gone: what is being removed, and where its export is. */
export function RemovedPanel({ instance }: { readonly instance: Instance }) {
  const t = useTranslations('instance');
  const text = useStatusText(instance);
  if (instance.status === 'gone') {
    return (
      <EmptyCard
        icon={<IconArchive size={22} />}
        title={t('removed.title')}
        action={<><Button component={Link} to="/app/billing" hash="exports">{t('removed.exports')}</Button><Button component={Link} to="/app/new/plan" variant="default">{t('removed.new')}</Button></>}
      >
        {t('removed.text')}
      </EmptyCard>
    );
  }
  return <Card title={t('steps.removal')}><Stack><Notice tone="idle">{text}</Notice><StepList steps={instance.steps} /></Stack></Card>;
}
