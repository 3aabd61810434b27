import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { meQuery } from '../../api/account.js';
import { asProblem } from '../../api/errors.js';
import { casesQuery, type CaseFilter, type DunningCase } from '../../api/finance.js';
import { useFormats } from '../../i18n/Provider.js';
import { DataTable, type TableRow } from '../../ui/DataTable.js';
import { Meta, Row, Stack } from '../../ui/Layout.js';
import { Card, Page } from '../../ui/Page.js';
import { Queried } from '../../ui/Queried.js';
import { STAGE_TONES } from '../../ui/stage-tones.js';
import { Status } from '../../ui/Status.js';
import { Time, useNow } from '../../ui/Time.js';
import { sectionsOf } from '../staff/roles.js';
import { CASE_STAGES } from './filters.js';
import classes from './finance.module.css';
import { CsvButton } from './OverviewScreen.js';
import { ageDays } from './words.js';

interface CasesScreenProps {
  readonly filter: CaseFilter;
  readonly onFilter: (filter: CaseFilter) => void;
}

/** Every case of failed payments: where it stands, what comes next, what is owed and for how long. */
export function CasesScreen({ filter, onFilter }: CasesScreenProps) {
  const t = useTranslations('finance.cases');
  const stages = useTranslations('billing.stage');
  const query = useInfiniteQuery(casesQuery(filter));
  const row = useCaseRow();
  const state = filter.state ?? 'open';
  return (
    <Page title={t('title')} lead={t('lead')} actions={<CsvButton report="dunning" />}>
      <Card
        title={t(`states.${state}`)}
        flush
        actions={(
          <Row>
            <NativeSelect aria-label={t('state')} value={state} onChange={(event) => onFilter({ ...filter, state: event.currentTarget.value as 'open' })} data={(['open', 'closed', 'all'] as const).map((value) => ({ value, label: t(`states.${value}`) }))} />
            <NativeSelect
              aria-label={t('stage')}
              value={filter.stage ?? ''}
              onChange={({ currentTarget: { value } }) => onFilter({ ...(filter.state === undefined ? {} : { state: filter.state }), ...(value === '' ? {} : { stage: value as 'grace' }) })}
              data={[{ value: '', label: t('anyStage') }, ...CASE_STAGES.map((value) => ({ value, label: stages(value) }))]}
            />
          </Row>
        )}
      >
        <div className={classes.top}>
          <Queried query={query} heights={[36, 36, 36, 36]} problemOf={asProblem}>
            {({ pages }) => {
              const cases = pages.flatMap(({ data }) => data);
              if (cases.length === 0) return <p className={classes.pad}>{t('empty')}</p>;
              return (
                <Stack gap={0}>
                  <DataTable
                    label={t('title')}
                    columns={[
                      { key: 'customer', title: t('customer'), wrap: true }, { key: 'stage', title: t('stage') }, { key: 'next', title: t('next'), wrap: true }, { key: 'amount', title: t('amount'), end: true },
                      { key: 'mrr', title: t('mrr'), end: true }, { key: 'age', title: t('age'), end: true }, { key: 'policy', title: t('policy') },
                    ]}
                    rows={cases.map(row)}
                  />
                  {query.hasNextPage && <div className={classes.more}><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('more')}</Button></div>}
                </Stack>
              );
            }}
          </Queried>
        </div>
      </Card>
    </Page>
  );
}

function useCaseRow(): (one: DunningCase) => TableRow {
  const t = useTranslations('finance.cases');
  const causes = useTranslations('finance.causes');
  const stages = useTranslations('billing.stage');
  const format = useFormats();
  const now = useNow(60_000);
  const { data: me } = useSuspenseQuery(meQuery());
  // Who works in finance alone sees the name without a way to support's page.
  const mayOpen = sectionsOf(me).includes('support');
  return (one) => ({
    key: one.caseId,
    cells: [
      mayOpen ? <Link key="customer" to="/support/{-$customerId}" params={{ customerId: one.customerId }}>{one.customerName}</Link> : one.customerName,
      one.closedAt === null
        ? <Status key="stage" tone={STAGE_TONES[one.stage]}>{stages(one.stage)}</Status>
        : <Status key="stage" tone={one.outcome === 'recovered' ? 'ok' : 'idle'}>{one.outcome === null ? t('closed') : t(`outcomes.${one.outcome}`)}</Status>,
      one.closedAt !== null
        ? <span key="next">{format.instant(one.closedAt, 'date')}{one.recoveredBy !== null && <Meta>{causes(one.recoveredBy)}</Meta>}</span>
        : (
          <span key="next">
            {one.nextStepWhat ?? t('nothing')}
            {one.nextStepAt !== null && <> <Time at={one.nextStepAt} style="deadline" /></>}
            {one.hardDecline !== null && <Meta>{t('hardDecline', { code: one.hardDecline })}</Meta>}
          </span>
        ),
      format.amount(one.amountRemainingCents, one.currency),
      format.amount(one.mrrAtRiskCents, one.currency),
      t('days', { days: ageDays(one.anchorAt, one.closedAt === null ? now : Date.parse(one.closedAt)) }),
      one.policyVersion,
    ],
  });
}
