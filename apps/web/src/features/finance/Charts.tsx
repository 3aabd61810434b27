import { BarChart, LineChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import '@mantine/core/styles/ColorSwatch.css';
import '@mantine/core/styles/Paper.css';
import { useFormats } from '../../i18n/Provider.js';
import classes from './finance.module.css';

interface SeriesLook {
  /** Key of the value in each row. */
  readonly name: string;
  readonly label: string;
  /** One of the chart colours of theme/tokens.ts. */
  readonly colour: 1 | 2 | 3 | 4 | 5 | 6;
}

interface ChartProps {
  readonly height: number;
  /** Amounts are in minor units of this currency; null = plain counts. */
  readonly currency: string | null;
  /** Each with its `label` for the axis. */
  readonly data: readonly (object & { readonly label: string })[];
  readonly series: readonly SeriesLook[];
}

/** What both kinds of chart share. They are drawn for the eye alone: the table beside them says the same to everyone. */
function useLook({ height, currency, data, series }: ChartProps) {
  const format = useFormats();
  const value = (amount: number) => (currency === null ? format.number(amount) : format.amount(amount, currency));
  // On the axis short: "$1.2K".
  const minor = currency === null ? 1 : 10 ** (new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() }).resolvedOptions().maximumFractionDigits ?? 2);
  const short = new Intl.NumberFormat(format.locale === 'ru' ? 'ru-RU' : 'en-US', { notation: 'compact', ...(currency === null ? {} : { style: 'currency', currency: currency.toUpperCase(), maximumFractionDigits: 1, minimumFractionDigits: 0 }) });
  return {
    h: height,
    data: [...data] as Record<string, unknown>[],
    dataKey: 'label',
    series: series.map(({ name, label, colour }) => ({ name, label, color: `var(--ck-chart-${colour})` })),
    valueFormatter: value,
    withLegend: series.length > 1,
    legendProps: { verticalAlign: 'bottom' as const },
    gridAxis: 'x' as const,
    tickLine: 'none' as const,
    textColor: 'var(--ck-text-3)',
    gridColor: 'var(--ck-line)',
    yAxisProps: { width: 72, tickFormatter: (amount: number) => short.format(amount / minor) },
    xAxisProps: { minTickGap: 12 },
  };
}

/** One drawing a group of bars, side by side. */
export function MoneyBars(props: ChartProps) {
  const look = useLook(props);
  return <div className={classes.chart} aria-hidden="true"><BarChart {...look} barProps={{ isAnimationActive: false }} barChartProps={{ accessibilityLayer: false }} maxBarWidth={28} /></div>;
}

/** Lines over an axis of time; each after the first is dashed in its own way. */
export function MoneyLine(props: ChartProps) {
  const look = useLook(props);
  const dashes = ['0', '6 3', '2 3', '8 3 2 3'];
  const series = look.series.map((one, index) => ({ ...one, strokeDasharray: dashes[index % dashes.length] ?? '0' }));
  return <div className={classes.chart} aria-hidden="true"><LineChart {...look} series={series} curveType="linear" withDots={props.data.length <= 24} lineProps={{ isAnimationActive: false }} lineChartProps={{ accessibilityLayer: false }} /></div>;
}
