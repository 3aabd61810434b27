import { useTranslations } from 'use-intl';
import type { SupportInstance } from '../../api/support.js';
import { Meta, VisuallyHidden } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import classes from './support.module.css';

export function InstancesCard({ instances }: { readonly instances: readonly SupportInstance[] }) {
  const t = useTranslations('support.instances');
  const common = useTranslations('common');
  const words = useTranslations('instance.status');
  return (
    <Card title={t('title')}>
      {instances.length === 0 ? <Meta>{t('empty')}</Meta> : (
        <ul className={classes.list}>
          {instances.map((one) => (
            <li key={one.id}>
              <span>
                <a href={one.temporalUrl} target="_blank" rel="noopener">{one.name}<VisuallyHidden>{` ${common('newTab')}`}</VisuallyHidden></a>
                <Meta>{t('limits', { plan: one.planId, host: one.hostId ?? '–' })}</Meta>
                {one.statusReason !== null && <Meta>{one.statusReason}</Meta>}
              </span>
              <span>{words.has(`${one.status as 'running'}.word`) ? words(`${one.status as 'running'}.word`) : one.status}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
