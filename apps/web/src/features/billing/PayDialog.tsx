import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { invoicesQuery, payNow, subscriptionQuery } from '../../api/billing.js';
import { asProblem, isProblem, type ProblemError } from '../../api/errors.js';
import type { Invoice } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { LazyDialog } from '../../ui/ConfirmDialog.js';
import dialog from '../../ui/Dialog.module.css';
import { Facts, VisuallyHidden } from '../../ui/Layout.js';
import { Failure, Skeletons } from '../../ui/States.js';
import { Notice } from '../../ui/Status.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { CardButton } from './CardButton.js';
import { oldestOpen } from './invoices.js';

/** Loaded when it is opened. Amount and card first, one press, and then what came of it in words. */
export default function PayDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTranslations('payments.pay');
  const common = useTranslations('common');
  const format = useFormats();
  const text = useProblemText();
  const queries = useQueryClient();
  const invoices = useQuery({ ...invoicesQuery(), staleTime: 0 });
  const subscription = useQuery(subscriptionQuery());
  // Held from the first sight on: what was agreed to stays on the screen while the lists are read anew.
  const [agreed, setAgreed] = useState<Invoice | null>(null);
  const pay = useMutation({
    mutationFn: () => payNow(),
    onSettled: () => Promise.all([['me'], ['subscription'], ['invoices'], ['instances']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
  const open = oldestOpen(invoices.data ?? []);
  const invoice = agreed ?? open.invoice;
  const card = subscription.data?.subscription?.paymentMethod ?? null;
  const amount = invoice === null ? '' : format.amount(invoice.amountRemainingCents, invoice.currency);
  const done = pay.isSuccess ? t('done', { amount: format.amount(pay.data.amountCents, pay.data.currency) }) : null;
  const nothing = isProblem(pay.error, 'NOTHING_TO_PAY') || (invoices.isSuccess && invoice === null && !pay.isPending && !pay.isSuccess);

  let body;
  if (invoices.isPending) body = <Skeletons heights={[24, 24]} />;
  else if (invoices.isError) {
    const problem = asProblem(invoices.error);
    body = <Failure title={common('problem.title')} detail={text(problem)} requestId={problem.requestId} onRetry={() => void invoices.refetch()} />;
  } else if (done !== null) body = <Notice tone="ok" live="polite" title={done}>{t('restored')}</Notice>;
  else if (nothing) body = <Notice tone="ok" live="polite" title={t('nothing')}>{t('nothingText')}</Notice>;
  else {
    body = (
      <>
        <Facts rows={[
          [t('amount'), amount],
          [t('invoice'), invoice?.number ?? t('noNumber')],
          [t('card'), typeof card?.last4 !== 'string' ? t('noCard') : t('cardValue', { brand: (card.brand ?? '').replace(/^./, (letter) => letter.toUpperCase()), last4: card.last4 })],
        ]} />
        {open.count > 1 && <p>{t('more', { count: open.count - 1 })}</p>}
        {pay.isError && <Refusal problem={asProblem(pay.error)} />}
      </>
    );
  }
  const over = done !== null || nothing;
  const payable = invoices.isSuccess && !over && invoice !== null;
  return (
    <LazyDialog title={t('title')} onClose={onClose}>
      <div className={dialog.body}>
        {body}
        <div className={dialog.actions}>
          <Button variant="default" onClick={onClose} disabled={pay.isPending}>{over || pay.isError ? common('close') : common('cancel')}</Button>
          {payable && (pay.isError || typeof card?.last4 !== 'string') && <CardButton cta={pay.isError} />}
          {payable && invoice.hostedInvoiceUrl !== null && pay.isError && (
            <Button component="a" variant="default" href={invoice.hostedInvoiceUrl} target="_blank" rel="noopener">{t('other')}<VisuallyHidden>{` ${common('newTab')}`}</VisuallyHidden></Button>
          )}
          {payable && (
            <Button
              variant={pay.isError ? 'default' : 'filled'}
              loading={pay.isPending}
              onClick={() => {
                setAgreed(invoice);
                pay.mutate();
              }}
            >
              {pay.isError ? t('again') : t('verb', { amount })}
            </Button>
          )}
        </div>
      </div>
    </LazyDialog>
  );
}

/** Why it was not paid: the bank's own words where the answer carries them, and always that nothing was taken. */
function Refusal({ problem }: { readonly problem: ProblemError }) {
  const t = useTranslations('payments.pay');
  const text = useProblemText();
  if (problem.code !== 'PAYMENT_FAILED') return <Notice tone="bad" live="assertive" title={t('failed')}>{text(problem)}</Notice>;
  const bank = /\(([^()]+)\)$/.exec(problem.detail)?.[1];
  return <Notice tone="bad" live="assertive" title={t('declined')}>{bank === undefined ? t('declinedText') : t('declinedBank', { words: bank })}</Notice>;
}
