import { lazy, Suspense } from 'react';
import { useTranslations } from 'use-intl';
import type { CurrencySummary } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import { DataTable } from '../../ui/DataTable.js';
import { Card } from '../../ui/Page.js';
import { Skeletons } from '../../ui/States.js';
import classes from './finance.module.css';
import { monthName } from './words.js';

const load = () => import('./Charts.js');
const MoneyBars = lazy(async () => ({ default: (await load()).MoneyBars }));
const MoneyLine = lazy(async () => ({ default: (await load()).MoneyLine }));
const CHART_HEIGHT = 240;

interface MonthsCardProps {
  readonly currency: string;
  readonly months: CurrencySummary['months'];
}

/** Month by month: what recurs, and what was saved and lost. Drawn, and as a table for those who read numbers. */
export function MonthsCard({ currency, months }: MonthsCardProps) {
  const t = useTranslations('finance.months');
  const format = useFormats();
  const money = (cents: number) => format.amount(cents, currency);
  const last = months.at(-1);
  const first = months[0];
  if (last === undefined || first === undefined) return <Card title={t('title')}><p>{t('empty')}</p></Card>;
  const rows = months.map((month) => ({ ...month, label: monthName(format.locale, month.month) }));
  const waiting = <Skeletons heights={[CHART_HEIGHT]} />;
  return (
    <Card title={t('title')} lead={t('lead', { first: monthName(format.locale, first.month), from: money(first.mrrCents), last: monthName(format.locale, last.month), to: money(last.mrrCents) })}>
      <div className={classes.charts}>
        <figure>
          <figcaption>{t('mrr')}</figcaption>
          <Suspense fallback={waiting}><MoneyLine height={CHART_HEIGHT} currency={currency} data={rows} series={[{ name: 'mrrCents', label: t('mrr'), colour: 1 }]} /></Suspense>
        </figure>
        <figure>
          <figcaption>{t('moved')}</figcaption>
          <Suspense fallback={waiting}>
            <MoneyBars
              height={CHART_HEIGHT}
              currency={currency}
              data={rows}
              series={[{ name: 'recoveredCents', label: t('recovered'), colour: 3 }, { name: 'writtenOffCents', label: t('writtenOff'), colour: 5 }, { name: 'refundedCents', label: t('refunded'), colour: 6 }]}
            />
          </Suspense>
        </figure>
      </div>
      <details className={classes.details}>
        <summary>{t('asTable')}</summary>
        <DataTable
          label={t('title')}
          columns={[
            { key: 'month', title: t('month') }, { key: 'mrr', title: t('mrr'), end: true }, { key: 'paid', title: t('paid'), end: true }, { key: 'failed', title: t('failed'), end: true },
            { key: 'recovered', title: t('recovered'), end: true }, { key: 'writtenOff', title: t('writtenOff'), end: true }, { key: 'refunded', title: t('refunded'), end: true },
            { key: 'opened', title: t('casesOpened'), end: true }, { key: 'won', title: t('casesRecovered'), end: true }, { key: 'lost', title: t('casesLost'), end: true },
          ]}
          rows={rows.map((row) => ({
            key: row.month,
            cells: [row.label, money(row.mrrCents), money(row.paidCents), money(row.failedCents), money(row.recoveredCents), money(row.writtenOffCents), money(row.refundedCents), format.number(row.casesOpened), format.number(row.casesRecovered), format.number(row.casesLost)],
          }))}
        />
      </details>
    </Card>
  );
}
