import { Button } from '@mantine/core';
import { IconMessageCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Instance } from '../../api/types.js';
import { Row, Soft, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { InstanceActions } from './InstanceActions.js';
import { InstanceStatusLine, useStatusText } from './InstanceStatus.js';
import { addressOf, isRemoved, isSettingUp } from './words.js';

/** The assistant at a glance, with what can be done to it. */
export function InstanceCard({ instance }: { readonly instance: Instance }) {
  const t = useTranslations('instance');
  const text = useStatusText(instance);
  const address = addressOf(instance.url, window.location.origin);
  const acting = !isRemoved(instance) && !isSettingUp(instance);
  return (
    <Card
      title={instance.name}
      actions={<InstanceStatusLine instance={instance} />}
      footer={acting ? (
        <Row>
          <Button renderRoot={(props) => <Link {...props} to="/app/instances/$instanceId" params={{ instanceId: instance.id }} />} leftSection={<IconMessageCircle size={16} stroke={1.8} aria-hidden="true" />}>{t('open')}</Button>
          <InstanceActions instance={instance} />
        </Row>
      ) : undefined}
    >
      <Stack gap={0.5}>
        <Soft>{text}</Soft>
        {address !== null && instance.status === 'running' && <Soft>{address}</Soft>}
      </Stack>
    </Card>
  );
}
