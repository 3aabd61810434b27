import { Button } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { supportCustomerQuery, type SupportCustomerDetail } from '../../api/support.js';
import { Meta, Soft, Stack, VisuallyHidden } from '../../ui/Layout.js';
import { Page } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { STAGE_TONES } from '../../ui/stage-tones.js';
import { Notice, Status } from '../../ui/Status.js';
import { Time } from '../../ui/Time.js';
import { RouteMissing } from '../shell/RouteStates.js';
import { ActionsCard } from './ActionsCard.js';
import { CaseCard } from './CaseCard.js';
import { FactsCard } from './FactsCard.js';
import { InstancesCard } from './InstancesCard.js';
import { InvoicesCard } from './InvoicesCard.js';
import classes from './support.module.css';
import { TimelineCard } from './TimelineCard.js';

/** One customer: where it stands and why, what comes next, what has happened, and what support can do about it. */
export function CustomerScreen({ customerId }: { readonly customerId: string }) {
  const t = useTranslations('support.customer');
  const query = useQuery(supportCustomerQuery(customerId));
  const status = query.isError ? asProblem(query.error).status : 0;
  if (query.data === undefined && (status === 404 || status === 400)) return <RouteMissing />;
  return (
    <Page
      title={query.data?.name ?? t('title')}
      lead={query.data?.email ?? undefined}
      actions={query.data === undefined ? undefined : (
        <Button component="a" href={query.data.temporalUrl} target="_blank" rel="noopener" variant="default" leftSection={<IconExternalLink size={16} stroke={1.8} aria-hidden="true" />}>
          {t('temporal')}<VisuallyHidden>{` ${t('newTab')}`}</VisuallyHidden>
        </Button>
      )}
    >
      <Notice tone="info">{t('watched')}</Notice>
      <Queried query={query} heights={[96, 220, 220]} problemOf={asProblem}>{(customer) => <Details customer={customer} />}</Queried>
    </Page>
  );
}

function Details({ customer }: { readonly customer: SupportCustomerDetail }) {
  const t = useTranslations('support.customer');
  const overlays = useTranslations('support.overlays');
  const stages = useTranslations('billing.stage');
  const { nextStep } = customer;
  return (
    <>
      {customer.needsAttention !== null && <Notice tone="bad" title={t('attention')}>{customer.needsAttention}</Notice>}
      <section className={classes.next} aria-label={t('standing')}>
        <div className={classes.badges}>
          <Status tone={STAGE_TONES[customer.stage]}>{stages(customer.stage)}</Status>
          {customer.overlays.map((overlay) => <Status key={overlay} tone="warn">{overlays(overlay)}</Status>)}
        </div>
        {nextStep === null ? <Soft>{t('nothingNext')}</Soft> : (
          <Stack gap={0.25}>
            <p><strong>{t('next')}:</strong> {nextStep.what} {nextStep.at !== null && <Time at={nextStep.at} style="deadline" />}</p>
            <Meta>{t('why')}: {nextStep.why}</Meta>
          </Stack>
        )}
      </section>
      <div className={classes.columns}>
        <div className={classes.column}>
          <TimelineCard customerId={customer.id} nextStep={nextStep} />
        </div>
        <div className={classes.column}>
          <ActionsCard customer={customer} />
          {customer.dunning !== null && <CaseCard dunning={customer.dunning} />}
          <FactsCard customer={customer} />
          <InvoicesCard invoices={customer.invoices} />
          <InstancesCard instances={customer.instances} />
        </div>
      </div>
    </>
  );
}
