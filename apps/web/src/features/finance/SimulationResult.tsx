import { lazy, Suspense, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { PolicyOutcome, Simulation, SimulationTotals } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import { DataTable } from '../../ui/DataTable.js';
import { Bullets, Meta, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Skeletons } from '../../ui/States.js';
import classes from './finance.module.css';

const load = () => import('./Charts.js');
const CountLine = lazy(async () => ({ default: (await load()).MoneyLine }));
const CHART_HEIGHT = 260;

interface Measure {
  readonly key: 'recoveredCents' | 'lostCents' | 'recoveredCustomers' | 'serviceDaysGivenAway' | 'serviceDaysWithheld' | 'noticesSent' | 'retries' | 'downgraded' | 'suspended' | 'ended';
  /** More of it is: good, bad, or neither. */
  readonly more: 1 | -1 | 0;
  readonly money?: true;
}
const MEASURES: readonly Measure[] = [
  { key: 'recoveredCents', more: 1, money: true }, { key: 'lostCents', more: -1, money: true }, { key: 'recoveredCustomers', more: 1 }, { key: 'serviceDaysGivenAway', more: -1 },
  { key: 'serviceDaysWithheld', more: -1 }, { key: 'noticesSent', more: 0 }, { key: 'retries', more: 0 }, { key: 'downgraded', more: 0 }, { key: 'suspended', more: -1 }, { key: 'ended', more: -1 },
];

/** Today's policy beside the changed one: what each recovers, gives away and costs in patience. */
export function SimulationResult({ simulation: { today, changed, customers, source, seed, assumptions, adjusted } }: { readonly simulation: Simulation }) {
  const t = useTranslations('finance.simulator');
  return (
    <>
      {today.totals.map((before) => {
        const after = changed.totals.find(({ currency }) => currency === before.currency);
        return after === undefined ? null : <Compared key={before.currency} before={before} after={after} />;
      })}
      {today.totals.length === 0 && <Card title={t('result')}><p>{t('nothing')}</p></Card>}
      <Recovered today={today} changed={changed} />
      <Card title={t('policies')} flush>
        <DataTable
          label={t('policies')}
          columns={[{ key: 'what', title: t('setting') }, { key: 'today', title: t('today') }, { key: 'changed', title: t('changed') }]}
          rows={[
            { key: 'retry', cells: [t('retryDays'), today.payAgainOnDays.join(', ') || '–', changed.payAgainOnDays.join(', ') || '–'] },
            ...today.stages.map(({ stage, fromDay }) => ({ key: stage, cells: [t.has(`stage.${stage as 'grace'}`) ? t(`stage.${stage as 'grace'}`) : stage, t('day', { day: fromDay }), t('day', { day: changed.stages.find((one) => one.stage === stage)?.fromDay ?? fromDay })] })),
          ]}
        />
      </Card>
      <Card title={t('restsOn')}>
        <Stack gap={0.75}>
          <Bullets items={[...assumptions, ...adjusted]} />
          <Meta>{t('book', { source: t(`sources.${source}`), count: customers, seed: String(seed) })}</Meta>
        </Stack>
      </Card>
    </>
  );
}

function Compared({ before, after }: { readonly before: SimulationTotals; readonly after: SimulationTotals }) {
  const t = useTranslations('finance.simulator');
  const format = useFormats();
  const days = (value: number | null) => (value === null ? '–' : format.number(value));
  const show = (measure: Measure, value: number) => (measure.money === true ? format.amount(value, before.currency) : format.number(value));
  const change = (measure: Measure): ReactNode => {
    const difference = after[measure.key] - before[measure.key];
    if (difference === 0) return t('same');
    const better = measure.more === 0 ? null : Math.sign(difference) === measure.more;
    const words = `${difference > 0 ? '+' : '−'}${show(measure, Math.abs(difference))}`;
    return better === null ? words : <span className={better ? classes.better : classes.worse}>{words} {t(better ? 'better' : 'worse')}</span>;
  };
  return (
    <Card title={t('resultIn', { currency: before.currency.toUpperCase() })} lead={t('summary', { before: format.amount(before.recoveredCents, before.currency), after: format.amount(after.recoveredCents, before.currency), from: format.number(before.serviceDaysGivenAway), to: format.number(after.serviceDaysGivenAway) })} flush>
      <DataTable
        label={t('resultIn', { currency: before.currency.toUpperCase() })}
        columns={[{ key: 'what', title: t('measure') }, { key: 'today', title: t('today'), end: true }, { key: 'changed', title: t('changed'), end: true }, { key: 'difference', title: t('difference'), end: true }]}
        rows={[
          ...MEASURES.map((measure) => ({ key: measure.key, cells: [t(`measures.${measure.key}`), show(measure, before[measure.key]), show(measure, after[measure.key]), change(measure)] })),
          { key: 'p50', cells: [t('measures.p50'), days(before.daysToRecover.p50), days(after.daysToRecover.p50), ''] },
          { key: 'p90', cells: [t('measures.p90'), days(before.daysToRecover.p90), days(after.daysToRecover.p90), ''] },
        ]}
      />
    </Card>
  );
}

/** Customers back in order, day by day after the first failure: the shape of a policy at one look. */
function Recovered({ today, changed }: { readonly today: PolicyOutcome; readonly changed: PolicyOutcome }) {
  const t = useTranslations('finance.simulator');
  const format = useFormats();
  if (today.days.length === 0) return null;
  const active = ({ days }: PolicyOutcome, day: number) => days.find((one) => one.day === day)?.stages['active'] ?? days.filter((one) => one.day < day).at(-1)?.stages['active'] ?? 0;
  const rows = [...new Set([...today.days, ...changed.days].map(({ day }) => day))].sort((a, b) => a - b).map((day) => ({ day, label: t('day', { day }), today: active(today, day), changed: active(changed, day) }));
  return (
    <Card title={t('curve')} lead={t('curveLead')}>
      <Suspense fallback={<Skeletons heights={[CHART_HEIGHT]} />}>
        <CountLine height={CHART_HEIGHT} currency={null} data={rows} series={[{ name: 'today', label: t('today'), colour: 6 }, { name: 'changed', label: t('changed'), colour: 1 }]} />
      </Suspense>
      <details className={classes.details}>
        <summary>{t('asTable')}</summary>
        <DataTable
          label={t('curve')}
          columns={[{ key: 'day', title: t('dayColumn') }, { key: 'today', title: t('today'), end: true }, { key: 'changed', title: t('changed'), end: true }]}
          rows={rows.map((row) => ({ key: String(row.day), cells: [row.label, format.number(row.today), format.number(row.changed)] }))}
        />
      </details>
    </Card>
  );
}
