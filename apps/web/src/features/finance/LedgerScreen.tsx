import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { ledgerQuery, type LedgerRow } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import '../../theme/mono.css';
import { DataTable } from '../../ui/DataTable.js';
import { Meta, Mono, Stack } from '../../ui/Layout.js';
import { Card, Page } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { ChainCard, TieOutCard } from './ChecksCards.js';
import { LEDGER_KINDS, ledgerSpan, type LedgerDays } from './filters.js';
import classes from './finance.module.css';
import { CsvButton } from './OverviewScreen.js';

interface LedgerScreenProps {
  readonly filter: LedgerDays;
  readonly onFilter: (filter: LedgerDays) => void;
}

/** The append-only book: every fact once, chained, and held against Stripe's own balance. */
export function LedgerScreen({ filter, onFilter }: LedgerScreenProps) {
  const t = useTranslations('finance.ledger');
  const kinds = useTranslations('finance.kinds');
  const span = ledgerSpan(filter);
  const query = useInfiniteQuery(ledgerQuery(span));
  const cells = useLedgerCells();
  const change = (name: keyof LedgerDays, value: string) => {
    const { [name]: _, ...rest } = filter;
    onFilter(value === '' ? rest : { ...rest, [name]: value });
  };
  return (
    <Page title={t('title')} lead={t('lead')} actions={<CsvButton report="ledger" query={span} />}>
      <ChainCard />
      <TieOutCard />
      <Card title={t('rows')} flush>
        <div className={classes.filters}>
          <TextInput type="date" label={t('from')} value={filter.from ?? ''} onChange={(event) => change('from', event.currentTarget.value)} />
          <TextInput type="date" label={t('to')} value={filter.to ?? ''} onChange={(event) => change('to', event.currentTarget.value)} />
          <NativeSelect label={t('kind')} value={filter.kind ?? ''} onChange={(event) => change('kind', event.currentTarget.value)} data={[{ value: '', label: t('anyKind') }, ...LEDGER_KINDS.map((value) => ({ value, label: kinds(value) }))]} />
          <TextInput
            label={t('customer')}
            defaultValue={filter.customerId ?? ''}
            key={filter.customerId ?? ''}
            placeholder={t('customerHint')}
            spellCheck={false}
            autoComplete="off"
            onBlur={(event) => change('customerId', event.currentTarget.value.trim())}
            onKeyDown={(event) => { if (event.key === 'Enter') change('customerId', event.currentTarget.value.trim()); }}
          />
        </div>
        <Queried query={query} heights={[36, 36, 36, 36]} problemOf={asProblem}>
          {({ pages }) => {
            const rows = pages.flatMap(({ data }) => data);
            if (rows.length === 0) return <p className={classes.pad}>{t('empty')}</p>;
            return (
              <Stack gap={0}>
                <DataTable
                  label={t('rows')}
                  columns={[
                    { key: 'seq', title: t('seq') }, { key: 'at', title: t('at') }, { key: 'what', title: t('kind') }, { key: 'amount', title: t('amount'), end: true },
                    { key: 'ref', title: t('ref') }, { key: 'actor', title: t('actor') }, { key: 'hash', title: t('hash') },
                  ]}
                  rows={rows.map((row) => ({ key: String(row.seq), cells: cells(row) }))}
                />
                {query.hasNextPage && <div className={classes.more}><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('more')}</Button></div>}
              </Stack>
            );
          }}
        </Queried>
      </Card>
    </Page>
  );
}

function useLedgerCells(): (row: LedgerRow) => readonly ReactNode[] {
  const kinds = useTranslations('finance.kinds');
  const t = useTranslations('finance.ledger');
  const format = useFormats();
  return (row) => [
    format.number(row.seq),
    format.instant(row.occurredAt, 'dateTime'),
    <span key="kind">{kinds(row.kind)}{row.policyVersion !== null && <Meta>{t('policy', { version: row.policyVersion })}</Meta>}</span>,
    row.currency === '' ? '' : format.amount(row.amountCents, row.currency),
    <Mono key="ref">{row.stripeRef}</Mono>,
    row.actor,
    <Mono key="hash">{row.hash.slice(0, 10)}</Mono>,
  ];
}
