import { useTranslations } from 'use-intl';
import { useLogs } from '../../api/logs.js';
import type { Instance } from '../../api/types.js';
import { LogView } from '../../ui/LogView.js';
import { Card } from '../../ui/Page.js';

export function LogsScreen({ instance }: { readonly instance: Instance }) {
  const t = useTranslations('instance.logs');
  const { lines, state } = useLogs(instance.id, instance.status === 'running' || instance.status === 'unhealthy');
  return (
    <Card title={t('title')} lead={t('lead')} flush>
      <LogView lines={lines} state={state} label={t('label')} fileName={`${instance.subdomain}.log`} />
    </Card>
  );
}
