import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Instance } from '../../api/types.js';
import { Soft, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Notice } from '../../ui/Status.js';
import { useNow } from '../../ui/Time.js';
import { useStatusText } from './InstanceStatus.js';
import { StepList } from './StepList.js';
import { totalSpan, TYPICAL_SET_UP_MS } from './steps.js';

/** Set-up as it happens: server state first, the live stream only moves it on, so a reload loses nothing. */
export function SetUpPanel({ instance }: { readonly instance: Instance }) {
  const t = useTranslations('instance.steps');
  const now = useNow(1_000);
  const text = useStatusText(instance);
  const span = totalSpan(instance.steps, now);
  const slow = instance.status === 'provisioning' && span !== null && span > 2 * TYPICAL_SET_UP_MS;
  return (
    <Card title={t('title', { name: instance.name })} lead={instance.status === 'provisioning' ? t('lead') : undefined}>
      <Stack>
        {instance.status === 'failed' && (
          <Notice tone="bad" title={t('failedTitle')} actions={<Button component={Link} to="/app/billing" size="xs" variant="default">{t('failedBilling')}</Button>}>
            {t('failedText')}
          </Notice>
        )}
        {instance.status === 'awaiting_payment' && <Notice tone="warn">{text}</Notice>}
        {slow && <Notice tone="info">{t('slow')}</Notice>}
        {instance.steps.length > 0 ? <StepList steps={instance.steps} /> : <Soft>{t('none')}</Soft>}
      </Stack>
    </Card>
  );
}
