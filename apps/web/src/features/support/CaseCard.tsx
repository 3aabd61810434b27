import { useTranslations } from 'use-intl';
import type { SupportCustomerDetail } from '../../api/support.js';
import { useFormats } from '../../i18n/Provider.js';
import { Facts, Meta, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Status } from '../../ui/Status.js';
import { Time, useNow } from '../../ui/Time.js';
import classes from './support.module.css';

type Dunning = NonNullable<SupportCustomerDetail['dunning']>;
const OUTCOMES = { paid: 'ok', declined: 'bad', processing: 'info' } as const;

/** The open case: since when, by which policy, when each stage is due, what was tried, and what support has given. */
export function CaseCard({ dunning }: { readonly dunning: Dunning }) {
  const t = useTranslations('support.case');
  const stages = useTranslations('billing.stage');
  const causes = useTranslations('finance.causes');
  const format = useFormats();
  const now = useNow(60_000);
  return (
    <Card title={t('title')}>
      <Stack>
        <Facts rows={[
          [t('open'), format.amount(dunning.amountRemainingCents, dunning.currency)],
          [t('anchor'), <Time key="anchor" at={dunning.anchorAt} style="dateTime" />],
          [t('policy'), dunning.policyVersion],
          ...(dunning.hardDecline === null ? [] : [[t('hardDecline'), dunning.hardDecline] as const]),
        ]} />
        <div>
          <h3>{t('deadlines')}</h3>
          <ol className={classes.list}>
            {dunning.deadlines.map(({ stage, at }) => <li key={stage} data-past={Date.parse(at) <= now}><span>{stages(stage)}</span><Time at={at} style="deadline" align="end" /></li>)}
          </ol>
        </div>
        <div>
          <h3>{t('attempts')}</h3>
          {dunning.attempts.length === 0 ? <Meta>{t('noAttempts')}</Meta> : (
            <ol className={classes.list}>
              {dunning.attempts.map(({ at, trigger, outcome, invoiceId }) => (
                <li key={`${at}/${invoiceId}/${trigger}`}><span className={classes.stack}>{causes(trigger)} <Status tone={OUTCOMES[outcome]} pill={false}>{t(`outcomes.${outcome}`)}</Status></span><Time at={at} style="deadline" align="end" /></li>
              ))}
            </ol>
          )}
        </div>
        {dunning.shifts.length > 0 && (
          <div>
            <h3>{t('shifts')}</h3>
            <ol className={classes.list}>
              {dunning.shifts.map((shift) => (
                <li key={`${shift.at}/${shift.kind}`}><span>{t(`kinds.${shift.kind}`, { days: shift.days })}<Meta>{shift.actor}: {shift.reason}</Meta></span><Time at={shift.at} style="deadline" align="end" /></li>
              ))}
            </ol>
          </div>
        )}
      </Stack>
    </Card>
  );
}
