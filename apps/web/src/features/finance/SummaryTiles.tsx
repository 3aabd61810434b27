import { useTranslations } from 'use-intl';
import type { CurrencySummary } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import classes from './finance.module.css';

/** The key figures: the number first, what it means under it. */
export function SummaryTiles({ figures, days }: { readonly figures: CurrencySummary; readonly days: number }) {
  const t = useTranslations('finance.tiles');
  const format = useFormats();
  const money = (cents: number) => format.amount(cents, figures.currency);
  const share = (part: number, of: number) => (of === 0 ? 0 : part / of);
  const percent = (ratio: number | null) => (ratio === null ? t('none') : new Intl.NumberFormat(format.locale, { style: 'percent', maximumFractionDigits: 1 }).format(ratio));
  const { p50, p90 } = figures.daysToRecover;
  const tiles: readonly { readonly name: string; readonly value: string; readonly text: string }[] = [
    { name: t('mrr'), value: money(figures.mrrCents), text: t('mrrText', { count: figures.subscriptions }) },
    { name: t('atRisk'), value: money(figures.mrrAtRiskCents), text: t('atRiskText', { count: figures.openCases, share: percent(share(figures.mrrAtRiskCents, figures.mrrCents)) }) },
    { name: t('receivable'), value: money(figures.receivableCents), text: t('receivableText', { amount: money(figures.receivableAtRiskCents) }) },
    { name: t('recovered'), value: money(figures.recoveredCents), text: t('recoveredText', { count: figures.recoveredCases, share: percent(figures.recoveryRate.byCount) }) },
    { name: t('writtenOff'), value: money(figures.writtenOffCents), text: t('writtenOffText') },
    { name: t('churn'), value: money(figures.involuntaryChurnMrrCents), text: t('churnText', { count: figures.involuntaryChurnCases }) },
    { name: t('daysToRecover'), value: p50 === null ? t('none') : t('days', { days: format.number(p50) }), text: p90 === null ? t('daysNone') : t('daysText', { days: format.number(p90) }) },
    { name: t('canceled'), value: format.number(figures.voluntaryCancelsInDunning), text: t('canceledText') },
  ];
  return (
    <section aria-label={t('label', { days })}>
      <ul className={classes.tiles}>
        {tiles.map(({ name, value, text }) => (
          <li key={name} className={classes.tile}>
            <h2>{name}</h2>
            <p className={classes.value}>{value}</p>
            <p className={classes.text}>{text}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
