import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { STAGES } from '#domain/lifecycle/lifecycle.types.js';
import { asProblem } from '../../api/errors.js';
import { customersQuery, viewsQuery, type CustomerSearch, type SupportCustomer } from '../../api/support.js';
import { DataTable, type TableRow } from '../../ui/DataTable.js';
import { Meta, Stack, VisuallyHidden } from '../../ui/Layout.js';
import { Card, Page } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { STAGE_TONES } from '../../ui/stage-tones.js';
import { Status } from '../../ui/Status.js';
import { Time } from '../../ui/Time.js';
import { useDebounced } from '../../ui/useDebounced.js';
import classes from './support.module.css';

const SETTLE_MS = 250;

interface CustomersScreenProps {
  readonly search: CustomerSearch;
  readonly onSearch: (search: CustomerSearch) => void;
}

/** Finds a customer by name, mail or id; shows for each where it stands and what comes next. */
export function CustomersScreen({ search, onSearch }: CustomersScreenProps) {
  const t = useTranslations('support.customers');
  const stages = useTranslations('billing.stage');
  const [typed, setTyped] = useState(search.q ?? '');
  const settled = useDebounced(typed.trim(), SETTLE_MS);
  const query = useInfiniteQuery(customersQuery(search));
  const row = useCustomerRow();
  useEffect(() => {
    const { q: _, ...rest } = search;
    if (settled !== (search.q ?? '')) onSearch(settled === '' ? rest : { ...rest, q: settled });
    // Typing leads, the address follows.
  }, [settled]);
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Views />
      <Card title={t('list')} flush>
        <div className={classes.search} role="search">
          <TextInput type="search" label={t('search')} description={t('searchText')} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} maxLength={200} spellCheck={false} autoComplete="off" />
          <NativeSelect
            label={t('stage')}
            value={search.stage ?? ''}
            onChange={({ currentTarget: { value } }) => onSearch({ ...(search.q === undefined ? {} : { q: search.q }), ...(value === '' ? {} : { stage: value as 'grace' }) })}
            data={[{ value: '', label: t('anyStage') }, ...STAGES.map((value) => ({ value, label: stages(value) }))]}
          />
        </div>
        <Queried query={query} heights={[40, 40, 40, 40]} problemOf={asProblem}>
          {({ pages }) => {
            const found = pages.flatMap(({ data }) => data);
            if (found.length === 0) return <p className={classes.pad} role="status">{t(search.q === undefined && search.stage === undefined ? 'none' : 'noMatch')}</p>;
            return (
              <Stack gap={0}>
                <DataTable
                  label={t('list')}
                  columns={[{ key: 'name', title: t('name'), wrap: true }, { key: 'stage', title: t('stage') }, { key: 'plan', title: t('plan') }, { key: 'next', title: t('next'), wrap: true }]}
                  rows={found.map(row)}
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

function useCustomerRow(): (one: SupportCustomer) => TableRow {
  const t = useTranslations('support.customers');
  const stages = useTranslations('billing.stage');
  return (one) => ({
    key: one.id,
    cells: [
      <span key="name"><Link to="/support/{-$customerId}" params={{ customerId: one.id }}>{one.name}</Link>{one.email !== null && <Meta>{one.email}</Meta>}</span>,
      <span key="stage" className={classes.stack}>
        <Status tone={STAGE_TONES[one.stage]}>{stages(one.stage)}</Status>
        {one.needsAttention !== null && <Status tone="bad">{t('attention')}</Status>}
      </span>,
      one.planId ?? '–',
      one.nextStep === null ? '–' : <span key="next">{one.nextStep.what}{one.nextStep.at !== null && <> <Time at={one.nextStep.at} style="deadline" /></>}</span>,
    ],
  });
}

/** The lists that support looks at every day; they open in the Temporal UI. A page without them is no worse. */
function Views() {
  const t = useTranslations('support.customers');
  const common = useTranslations('common');
  const { data = [] } = useQuery(viewsQuery());
  if (data.length === 0) return null;
  return (
    <nav className={classes.views} aria-label={t('views')}>
      <span>{t('views')}</span>
      {data.map(({ name, url }) => <a key={url} href={url} target="_blank" rel="noopener">{name}<VisuallyHidden>{` ${common('newTab')}`}</VisuallyHidden></a>)}
    </nav>
  );
}
