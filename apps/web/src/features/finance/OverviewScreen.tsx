import { Button, NativeSelect } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { csvUrl, summaryQuery, type CurrencySummary, type FinanceSummary } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import { Meta } from '../../ui/Layout.js';
import { Card, Page } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { AgeingCard } from './AgeingCard.js';
import { CausesCard, StagesCard } from './BreakdownCards.js';
import classes from './finance.module.css';
import { MonthsCard } from './MonthsCard.js';
import { SummaryTiles } from './SummaryTiles.js';

const PERIODS_DAYS = [30, 90, 365] as const;
const DAY_MS = 86_400_000;
/** The begin of a UTC day, so that the same question is asked all day long. */
const daysAgo = (days: number): string => new Date((Math.floor(Date.now() / DAY_MS) - days) * DAY_MS).toISOString();

/** Where the money stands: what comes in, what of it is at risk, what was saved and what was lost. */
export function OverviewScreen() {
  const t = useTranslations('finance');
  const [days, setDays] = useState<number>(365);
  const [currency, setCurrency] = useState('');
  const query = useQuery(summaryQuery(daysAgo(days)));
  const currencies = query.data?.currencies ?? [];
  const shown = currencies.find((one) => one.currency === currency) ?? currencies[0];
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={(
        <>
          {currencies.length > 1 && (
            <NativeSelect aria-label={t('currency')} value={shown?.currency ?? ''} onChange={(event) => setCurrency(event.currentTarget.value)} data={currencies.map((one) => ({ value: one.currency, label: one.currency.toUpperCase() }))} />
          )}
          <NativeSelect aria-label={t('period')} value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))} data={PERIODS_DAYS.map((value) => ({ value: String(value), label: t('lastDays', { days: value }) }))} />
          <CsvButton report="dunning" />
          <CsvButton report="ageing" />
        </>
      )}
    >
      <Queried query={query} heights={[92, 92, 280]} problemOf={asProblem}>
        {(summary) => (shown === undefined ? <Card title={t('empty.title')}><p>{t('empty.text')}</p></Card> : <Figures summary={summary} shown={shown} days={days} />)}
      </Queried>
    </Page>
  );
}

function Figures({ summary, shown, days }: { readonly summary: FinanceSummary; readonly shown: CurrencySummary; readonly days: number }) {
  const t = useTranslations('finance');
  const format = useFormats();
  return (
    <>
      <SummaryTiles figures={shown} days={days} />
      <MonthsCard currency={shown.currency} months={shown.months} />
      <div className={classes.pair}>
        <StagesCard figures={shown} />
        <CausesCard figures={shown} />
      </div>
      <AgeingCard currency={shown.currency} />
      <Meta>{t('asOf', { time: format.instant(summary.asOf, 'dateTime'), row: format.number(summary.ledgerSeq) })} {t('policies', { versions: summary.policyVersions.join(', ') || '–' })}</Meta>
    </>
  );
}

/** Downloads the report as it stands now. */
export function CsvButton({ report, query }: { readonly report: 'dunning' | 'ageing' | 'ledger'; readonly query?: Readonly<Record<string, string | undefined>> }) {
  const t = useTranslations('finance.csv');
  return <Button component="a" href={csvUrl(report, query)} download variant="default" leftSection={<IconDownload size={16} stroke={1.8} aria-hidden="true" />}>{t(report)}</Button>;
}
