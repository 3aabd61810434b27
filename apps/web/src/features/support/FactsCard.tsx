import { useTranslations } from 'use-intl';
import type { SupportCustomerDetail } from '../../api/support.js';
import '../../theme/mono.css';
import { Facts, Mono } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Time } from '../../ui/Time.js';

export function FactsCard({ customer }: { readonly customer: SupportCustomerDetail }) {
  const t = useTranslations('support.facts');
  const levels = useTranslations('support.levels');
  return (
    <Card title={t('title')}>
      <Facts rows={[
        [t('level'), levels(customer.serviceLevel)],
        [t('plan'), customer.planId ?? '–'],
        [t('since'), <Time key="since" at={customer.createdAt} style="date" />],
        [t('id'), <Mono key="id">{customer.id}</Mono>],
        [t('stripe'), customer.stripeCustomerId === null ? '–' : <Mono key="stripe">{customer.stripeCustomerId}</Mono>],
      ]} />
    </Card>
  );
}
