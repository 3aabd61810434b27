import { useTranslations } from 'use-intl';
import { Link } from '@tanstack/react-router';
import type { CurrencySummary } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import { DataTable } from '../../ui/DataTable.js';
import { Card } from '../../ui/Page.js';
import { STAGE_TONES } from '../../ui/stage-tones.js';
import { Status } from '../../ui/Status.js';
import { Bar } from './Bar.js';
import classes from './finance.module.css';

/** Open cases by the stage they stand in. */
export function StagesCard({ figures: { stages, currency } }: { readonly figures: CurrencySummary }) {
  const t = useTranslations('finance.stages');
  const stage = useTranslations('billing.stage');
  const format = useFormats();
  const money = (cents: number) => format.amount(cents, currency);
  const sum = (pick: (row: CurrencySummary['stages'][number]) => number) => stages.reduce((total, row) => total + pick(row), 0);
  return (
    <Card title={t('title')} flush footer={<Link to="/finance/{-$page}" params={{ page: 'cases' }}>{t('all')}</Link>}>
      {stages.length === 0 ? <p className={classes.pad}>{t('empty')}</p> : (
        <DataTable
          label={t('title')}
          columns={[{ key: 'stage', title: t('stage') }, { key: 'cases', title: t('cases'), end: true }, { key: 'amount', title: t('amount'), end: true }, { key: 'mrr', title: t('mrr'), end: true }]}
          rows={stages.map((row) => ({ key: row.stage, cells: [<Status key="stage" tone={STAGE_TONES[row.stage]}>{stage(row.stage)}</Status>, format.number(row.cases), money(row.amountCents), money(row.mrrCents)] }))}
          total={[t('total'), format.number(sum(({ cases }) => cases)), money(sum(({ amountCents }) => amountCents)), money(sum(({ mrrCents }) => mrrCents))]}
        />
      )}
    </Card>
  );
}

/** What brought the money back. */
export function CausesCard({ figures: { recovered, recoveredCents, currency } }: { readonly figures: CurrencySummary }) {
  const t = useTranslations('finance.causes');
  const format = useFormats();
  return (
    <Card title={t('title')} flush>
      {recovered.length === 0 ? <p className={classes.pad}>{t('empty')}</p> : (
        <DataTable
          label={t('title')}
          columns={[{ key: 'cause', title: t('cause') }, { key: 'share', title: t('share') }, { key: 'cases', title: t('cases'), end: true }, { key: 'amount', title: t('amount'), end: true }]}
          rows={recovered.map((row) => ({
            key: row.cause,
            cells: [t(row.cause), <Bar key="share" share={recoveredCents === 0 ? 0 : row.amountCents / recoveredCents} colour={3} />, format.number(row.cases), format.amount(row.amountCents, currency)],
          }))}
        />
      )}
    </Card>
  );
}
