import { Button } from '@mantine/core';
import { IconArrowRight, IconClock, IconHeadset, IconMail } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { timelineQuery, type SupportCustomerDetail, type TimelineEntry } from '../../api/support.js';
import { useFormats } from '../../i18n/Provider.js';
import { Meta, Soft } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { Time } from '../../ui/Time.js';
import { daysOf } from './timeline.js';
import classes from './support.module.css';

const ICONS = { stage: IconArrowRight, support: IconHeadset, notice: IconMail } as const;

interface TimelineCardProps {
  readonly customerId: string;
  /** What is to come stands on top, in outline. */
  readonly nextStep: SupportCustomerDetail['nextStep'];
}

/** What happened, why, by which policy, and what was to come next then: newest first, by day. */
export function TimelineCard({ customerId, nextStep }: TimelineCardProps) {
  const t = useTranslations('support.timeline');
  const format = useFormats();
  const query = useInfiniteQuery(timelineQuery(customerId));
  return (
    <Card title={t('title')} lead={t('lead')}>
      <Queried query={query} heights={[48, 48, 48]} problemOf={asProblem}>
        {({ pages }) => {
          const entries = pages.flatMap(({ data }) => data);
          return (
            <>
              {nextStep !== null && (
                <div className={classes.entry} data-future="true">
                  <span className={classes.mark}><IconClock size={15} stroke={1.9} aria-hidden="true" /></span>
                  <div><p><strong>{t('next')}</strong> {nextStep.what}</p><Meta>{nextStep.at === null ? t('noDate') : format.instant(nextStep.at, 'deadline')}</Meta></div>
                </div>
              )}
              {entries.length === 0 && <Soft>{t('empty')}</Soft>}
              {daysOf(entries, (at) => format.instant(at, 'deadlineDay')).map(({ day, entries: ofDay }) => (
                <section key={day} aria-label={day}>
                  <h3 className={classes.day}>{day}</h3>
                  <ol>{ofDay.map((entry) => <Entry key={entry.id} entry={entry} />)}</ol>
                </section>
              ))}
              {query.hasNextPage && <div className={classes.more}><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('more')}</Button></div>}
            </>
          );
        }}
      </Queried>
    </Card>
  );
}

function Entry({ entry }: { readonly entry: TimelineEntry }) {
  const t = useTranslations('support.timeline');
  const stages = useTranslations('billing.stage');
  const acts = useTranslations('support.acts');
  const format = useFormats();
  const Icon = ICONS[entry.kind];
  const { fromStage, toStage, verb, next } = entry;
  const title = entry.kind === 'notice' ? t('notice', { name: entry.title })
    : entry.kind === 'support' && verb !== null ? acts.has(verb as 'extend_grace') ? acts(verb as 'extend_grace') : entry.title
      : fromStage !== null && toStage !== null ? fromStage === toStage ? stages(toStage) : t('moved', { from: stages(fromStage), to: stages(toStage) }) : entry.title;
  // The customer's own clock is told where it is not the clock on the wall: a life that is played on Stripe's test clock.
  const own = entry.customerTime !== null && Math.abs(Date.parse(entry.customerTime) - Date.parse(entry.at)) > 3_600_000 ? format.instant(entry.customerTime, 'dateTime') : null;
  return (
    <li className={classes.entry} data-kind={entry.kind}>
      <span className={classes.mark}><Icon size={15} stroke={1.9} aria-hidden="true" /></span>
      <div>
        <p><strong>{title}</strong> <Time at={entry.at} style="time" /></p>
        {entry.detail !== '' && <p className={classes.detail}>{entry.kind === 'support' ? `“${entry.detail}”` : entry.detail}</p>}
        <Meta>
          {t('by', { actor: entry.actor })}
          {entry.policyVersion !== null && <> · {t('policy', { version: entry.policyVersion })}</>}
          {own !== null && <> · {t('customerTime', { time: own })}</>}
        </Meta>
        {next !== null && <Meta>{t('then', { what: next.what })} {next.at !== null && format.instant(next.at, 'deadline')}</Meta>}
      </div>
    </li>
  );
}
