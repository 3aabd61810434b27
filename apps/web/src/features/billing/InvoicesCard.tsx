import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { invoicesQuery } from '../../api/billing.js';
import { asProblem } from '../../api/errors.js';
import type { Invoice } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { VisuallyHidden } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Failure, Skeletons } from '../../ui/States.js';
import { INVOICE_TONES, invoiceState } from '../../ui/invoice-state.js';
import { Status } from '../../ui/Status.js';
import { useProblemText } from '../../ui/useProblemText.js';
import classes from './BillingScreen.module.css';

export function InvoicesCard() {
  const t = useTranslations('payments.invoices');
  const common = useTranslations('common');
  const text = useProblemText();
  const query = useQuery(invoicesQuery());
  if (query.isPending) return <Card title={t('title')}><Skeletons heights={[36, 36]} /></Card>;
  if (query.isError) {
    const problem = asProblem(query.error);
    return <Card title={t('title')}><Failure title={common('problem.title')} detail={text(problem)} requestId={problem.requestId} onRetry={() => void query.refetch()} /></Card>;
  }
  if (query.data.length === 0) return <Card title={t('title')} flush><p className={classes.empty}>{t('empty')}</p></Card>;
  return (
    <Card title={t('title')} flush>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('caption')}>
        <table className={classes.table}>
          <thead><tr><th scope="col">{t('date')}</th><th scope="col">{t('number')}</th><th scope="col">{t('state')}</th><th scope="col" className={classes.amount}>{t('amount')}</th><th scope="col">{t('links')}</th></tr></thead>
          <tbody>{query.data.map((invoice) => <InvoiceRow key={invoice.id} invoice={invoice} />)}</tbody>
        </table>
      </div>
    </Card>
  );
}

function InvoiceRow({ invoice }: { readonly invoice: Invoice }) {
  const t = useTranslations('payments.invoices');
  const common = useTranslations('common');
  const format = useFormats();
  const state = invoiceState(invoice);
  const about = invoice.number ?? invoice.id;
  const link = (href: string, words: string) => <a href={href} target="_blank" rel="noopener">{words}<VisuallyHidden>{` ${about} ${common('newTab')}`}</VisuallyHidden></a>;
  return (
    <tr>
      <td>{format.instant(invoice.createdAt, 'date')}</td>
      <td>{invoice.number ?? t('draftNumber')}</td>
      <td><Status tone={state === null ? 'idle' : INVOICE_TONES[state]}>{state === null ? invoice.status : t(`status.${state}`)}</Status></td>
      <td className={classes.amount}>
        {format.amount(invoice.amountCents, invoice.currency)}
        {invoice.status === 'open' && invoice.amountPaidCents > 0 && <span className={classes.refund}>{t('remaining', { amount: format.amount(invoice.amountRemainingCents, invoice.currency) })}</span>}
        {invoice.amountRefundedCents > 0 && <span className={classes.refund}>{t('refunded', { amount: format.amount(invoice.amountRefundedCents, invoice.currency) })}</span>}
      </td>
      <td>
        <span className={classes.links}>
          {invoice.hostedInvoiceUrl !== null && link(invoice.hostedInvoiceUrl, t(invoice.status === 'open' ? 'payHosted' : 'open'))}
          {invoice.invoicePdfUrl !== null && link(invoice.invoicePdfUrl, t('pdf'))}
          {invoice.receiptUrl !== null && link(invoice.receiptUrl, t('receipt'))}
        </span>
      </td>
    </tr>
  );
}
