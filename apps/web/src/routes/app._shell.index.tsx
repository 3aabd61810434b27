import { Button } from '@mantine/core';
import { IconSparkles } from '@tabler/icons-react';
import { createFileRoute, Link, redirect } from '@tanstack/react-router';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { meQuery } from '../api/account.js';
import { plansQuery, subscriptionQuery } from '../api/billing.js';
import { instancesQuery } from '../api/instances.js';
import { PlanSummaryCard } from '../features/billing/PlanSummaryCard.js';
import classes from '../features/home/HomeScreen.module.css';
import { UsageCard } from '../features/home/UsageCard.js';
import { InstanceCard } from '../features/instance/InstanceCard.js';
import { SetUpPanel } from '../features/instance/SetUpPanel.js';
import { Page } from '../ui/Page.js';
import { EmptyCard } from '../ui/States.js';
import { Notice } from '../ui/Status.js';

export const Route = createFileRoute('/app/_shell/')({
  loader: async ({ context: { queryClient } }) => {
    const { customer, role } = await queryClient.ensureQueryData(meQuery());
    // Staff have no assistant of their own: their home is where they work.
    if (customer === null && role !== 'member') throw redirect({ href: role === 'finance' ? '/finance' : '/support', replace: true });
    void queryClient.prefetchQuery(plansQuery());
    void queryClient.prefetchQuery(subscriptionQuery());
    await queryClient.ensureQueryData(instancesQuery());
  },
  component: Home,
});

function Home() {
  const t = useTranslations('home');
  const { data: me } = useSuspenseQuery(meQuery());
  const { data: instances } = useSuspenseQuery(instancesQuery());
  const { data: plans } = useQuery(plansQuery());
  const { data: subscription } = useQuery(subscriptionQuery());
  if (instances.length === 0) {
    return (
      <Page title={t('title')}>
        <EmptyCard icon={<IconSparkles size={22} />} title={t('empty.title')} action={<Button component={Link} to="/app/new/plan" size="md">{t('empty.action')}</Button>}>{t('empty.text')}</EmptyCard>
      </Page>
    );
  }
  return (
    <Page title={t('title')}>
      <div className={classes.grid}>
        <div className={classes.column}>
          {instances.map((instance) => {
            if (instance.status === 'provisioning' || instance.status === 'failed') return <SetUpPanel key={instance.id} instance={instance} />;
            if (instance.status === 'awaiting_payment') {
              return (
                <Notice key={instance.id} tone="warn" title={t('finish.title', { name: instance.name })} actions={<Button component={Link} to="/app/new/review" size="xs" variant="cta">{t('finish.action')}</Button>}>
                  {t('finish.text')}
                </Notice>
              );
            }
            return <InstanceCard key={instance.id} instance={instance} />;
          })}
        </div>
        <div className={classes.column}>
          <UsageCard />
          {me.customer !== null && <PlanSummaryCard customer={me.customer} plan={plans?.find(({ id }) => id === me.customer?.planId)} subscription={subscription?.subscription ?? null} />}
        </div>
      </div>
    </Page>
  );
}
