import { useTranslations } from 'use-intl';
import type { SupportCustomerDetail } from '../../api/support.js';
import { useFormats } from '../../i18n/Provider.js';
import { Meta, VisuallyHidden } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { invoiceState, INVOICE_TONES } from '../../ui/invoice-state.js';
import { Status } from '../../ui/Status.js';
import classes from './support.module.css';

export function InvoicesCard({ invoices }: { readonly invoices: SupportCustomerDetail['invoices'] }) {
  const t = useTranslations('support.invoices');
  const common = useTranslations('common');
  const format = useFormats();
  return (
    <Card title={t('title')}>
      {invoices.length === 0 ? <Meta>{t('empty')}</Meta> : (
        <ol className={classes.list}>
          {invoices.map((invoice) => {
            const state = invoiceState(invoice);
            const name = invoice.number ?? invoice.id;
            return (
              <li key={invoice.id}>
                <span>
                  {invoice.hostedInvoiceUrl === null ? name : <a href={invoice.hostedInvoiceUrl} target="_blank" rel="noopener">{name}<VisuallyHidden>{` ${common('newTab')}`}</VisuallyHidden></a>}
                  <Meta>{format.instant(invoice.createdAt, 'date')}</Meta>
                </span>
                <span className={classes.right}>
                  {format.amount(invoice.status === 'open' ? invoice.amountRemainingCents : invoice.amountCents, invoice.currency)}
                  <Status tone={state === null ? 'idle' : INVOICE_TONES[state]}>{state === null ? invoice.status : t(`status.${state}`)}</Status>
                </span>
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}
