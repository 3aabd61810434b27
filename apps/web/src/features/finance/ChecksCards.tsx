import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { tieOutQuery, verifyLedger, type CurrencyTieOut } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import { DataTable } from '../../ui/DataTable.js';
import { Meta, Row, Soft, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { Failure } from '../../ui/States.js';
import { Notice } from '../../ui/Status.js';
import { useProblemText } from '../../ui/useProblemText.js';
import classes from './finance.module.css';
import { monthName } from './words.js';

/** Every hash computed anew, when it is asked for. */
export function ChainCard() {
  const t = useTranslations('finance.chain');
  const common = useTranslations('common.problem');
  const format = useFormats();
  const text = useProblemText();
  const check = useMutation({ mutationFn: verifyLedger });
  const problem = check.isError ? asProblem(check.error) : null;
  return (
    <Card title={t('title')} lead={t('lead')}>
      <Stack>
        {check.isSuccess && (
          check.data.ok
            ? <Notice tone="ok" live="polite" title={t('ok', { count: check.data.rows })}>{t('okText', { checkpoints: check.data.checkpoints })}</Notice>
            : <Notice tone="bad" live="assertive" title={t('broken', { row: format.number(check.data.fault?.seq ?? 0) })}>{check.data.fault?.why}</Notice>
        )}
        {check.isSuccess && check.data.headHash !== '' && <p className={classes.hash}>{t('head', { row: format.number(check.data.headSeq), hash: check.data.headHash })}</p>}
        {problem !== null && <Failure title={common('title')} detail={text(problem)} requestId={problem.requestId} />}
        <Row><Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>{t('verb')}</Button></Row>
      </Stack>
    </Card>
  );
}

const MONTHS_SHOWN = 13;
function latestMonths(nowMs: number): readonly string[] {
  const now = new Date(nowMs);
  return Array.from({ length: MONTHS_SHOWN }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7));
}

/** A month of the ledger beside Stripe's balance: 0, or every difference by its id. */
export function TieOutCard() {
  const t = useTranslations('finance.tieOut');
  const format = useFormats();
  const [months] = useState(() => latestMonths(Date.now()));
  const [month, setMonth] = useState(months[0] ?? '');
  const query = useQuery(tieOutQuery(month));
  return (
    <Card
      title={t('title')}
      lead={t('lead')}
      actions={<NativeSelect aria-label={t('month')} value={month} onChange={(event) => setMonth(event.currentTarget.value)} data={months.map((value) => ({ value, label: monthName(format.locale, value) }))} />}
    >
      <Queried query={query} heights={[64]} problemOf={asProblem}>
        {(found) => (
          <Stack>
            {found.stripeReadAt === null ? <Notice tone="warn" title={t('never')} />
              : found.ok ? <Notice tone="ok" title={t('ok')}>{t('read', { time: format.instant(found.stripeReadAt, 'dateTime') })}</Notice>
                : <Notice tone="bad" title={t('different')}>{t('read', { time: format.instant(found.stripeReadAt, 'dateTime') })}</Notice>}
            {found.currencies.length === 0 ? <Soft>{t('empty')}</Soft> : found.currencies.map((book) => <Book key={book.currency} book={book} />)}
          </Stack>
        )}
      </Queried>
    </Card>
  );
}

function Book({ book }: { readonly book: CurrencyTieOut }) {
  const t = useTranslations('finance.tieOut');
  const format = useFormats();
  const money = (cents: number) => format.amount(cents, book.currency);
  return (
    <div>
      <DataTable
        label={t('table', { currency: book.currency.toUpperCase() })}
        columns={[{ key: 'what', title: book.currency.toUpperCase() }, { key: 'ledger', title: t('ledger'), end: true }, { key: 'stripe', title: t('stripe'), end: true }, { key: 'difference', title: t('difference'), end: true }]}
        rows={[
          ...book.lines.map((line) => ({ key: line.what, cells: [t(`lines.${line.what}`), money(line.ledgerCents), money(line.stripeCents), money(line.differenceCents)] })),
          { key: 'receivables', cells: [t('lines.receivables'), money(book.receivables.ledgerCents), money(book.receivables.stripeCents), money(book.receivables.differenceCents)] },
        ]}
        total={[t('total'), '', '', money(book.differenceCents)]}
      />
      {book.differences.length > 0 && (
        <DataTable
          label={t('listed')}
          columns={[{ key: 'ref', title: t('listed') }, { key: 'ledger', title: t('ledger'), end: true }, { key: 'stripe', title: t('stripe'), end: true }, { key: 'why', title: t('why'), wrap: true }]}
          rows={book.differences.map((one) => ({ key: `${one.what}/${one.ref}`, cells: [one.ref, money(one.ledgerCents), money(one.stripeCents), one.why] }))}
        />
      )}
      {book.otherCents !== 0 && <Meta>{t('other', { amount: money(book.otherCents) })}</Meta>}
    </div>
  );
}
