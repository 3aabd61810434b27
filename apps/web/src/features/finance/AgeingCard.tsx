import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { ageingQuery } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import { DataTable } from '../../ui/DataTable.js';
import { Card } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { Notice } from '../../ui/Status.js';
import { Bar } from './Bar.js';
import classes from './finance.module.css';

/** Open invoices by age: each in one bucket, and the buckets add up to the total, which the card checks before it says so. */
export function AgeingCard({ currency }: { readonly currency: string }) {
  const t = useTranslations('finance.ageing');
  const format = useFormats();
  const query = useQuery(ageingQuery());
  return (
    <Card title={t('title')} lead={t('lead')} flush>
      <Queried query={query} heights={[200]} problemOf={asProblem}>
        {({ currencies }) => {
          const book = currencies.find((one) => one.currency === currency);
          if (book === undefined || book.invoices === 0) return <p className={classes.pad}>{t('empty')}</p>;
          const sum = book.buckets.reduce((total, { amountCents }) => total + amountCents, 0);
          return (
            <>
              <DataTable
                label={t('title')}
                columns={[{ key: 'age', title: t('age') }, { key: 'share', title: t('share') }, { key: 'invoices', title: t('invoices'), end: true }, { key: 'amount', title: t('amount'), end: true }]}
                rows={book.buckets.map((bucket) => ({
                  key: String(bucket.fromDay),
                  cells: [
                    bucket.toDay === null ? t('from', { from: bucket.fromDay }) : t('span', { from: bucket.fromDay, to: bucket.toDay - 1 }),
                    <Bar key="share" share={book.totalCents === 0 ? 0 : bucket.amountCents / book.totalCents} colour={4} />,
                    format.number(bucket.invoices), format.amount(bucket.amountCents, currency),
                  ],
                }))}
                total={[t('total'), '', format.number(book.invoices), format.amount(book.totalCents, currency)]}
              />
              {sum !== book.totalCents && <div className={classes.pad}><Notice tone="bad" title={t('wrong')}>{t('wrongText', { sum: format.amount(sum, currency), total: format.amount(book.totalCents, currency) })}</Notice></div>}
            </>
          );
        }}
      </Queried>
    </Card>
  );
}
