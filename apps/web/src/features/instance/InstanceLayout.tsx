import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { Instance } from '../../api/types.js';
import { Page } from '../../ui/Page.js';
import { InstanceActions } from './InstanceActions.js';
import classes from './InstanceLayout.module.css';
import { InstanceStatusLine } from './InstanceStatus.js';
import { addressOf, isRemoved, isSettingUp } from './words.js';

/** Head of the assistant's pages: name, status, address, actions, and the way between the pages. */
export function InstanceLayout({ instance, children }: { readonly instance: Instance; readonly children: ReactNode }) {
  const t = useTranslations('instance');
  const params = { instanceId: instance.id };
  const host = addressOf(instance.url, window.location.origin);
  return (
    <Page
      title={instance.name}
      lead={(
        <span className={classes.sub}>
          <InstanceStatusLine instance={instance} />
          {host !== null && instance.status === 'running' && <span className={classes.address}>{host}</span>}
        </span>
      )}
      actions={isRemoved(instance) || isSettingUp(instance) ? undefined : <InstanceActions instance={instance} />}
    >
      {!isSettingUp(instance) && !isRemoved(instance) && (
        <nav className={classes.sections} aria-label={t('sections.label')}>
          <Link className={classes.section} to="/app/instances/$instanceId" params={params} activeOptions={{ exact: true }}>{t('sections.chat')}</Link>
          <Link className={classes.section} to="/app/instances/$instanceId/logs" params={params}>{t('sections.logs')}</Link>
          <Link className={classes.section} to="/app/instances/$instanceId/details" params={params}>{t('sections.details')}</Link>
        </nav>
      )}
      {children}
    </Page>
  );
}
