import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem, type ProblemError } from '../../api/errors.js';
import { simulate, type SimulationWish } from '../../api/finance.js';
import { useFields } from '../../ui/fields.js';
import { Meta } from '../../ui/Layout.js';
import { Card, Page } from '../../ui/Page.js';
import { Skeletons } from '../../ui/States.js';
import { Notice } from '../../ui/Status.js';
import { useProblemText } from '../../ui/useProblemText.js';
import classes from './finance.module.css';
import { fieldOf, faultsOf, NO_CHANGE, STAGE_FIELDS, wishOf, type SimulationFields } from './simulation-form.js';
import { SimulationResult } from './SimulationResult.js';

/** Tries a changed policy on paper: today's beside it, by the very decisions that production takes. */
export function SimulatorScreen() {
  const t = useTranslations('finance.simulator');
  const text = useProblemText();
  const [source, setSource] = useState<SimulationWish['source']>('generated');
  const run = useMutation({
    mutationFn: simulate,
    onError: (error) => reject(byField(asProblem(error))),
  });
  const check = (values: SimulationFields) => Object.fromEntries(Object.entries(faultsOf(values)).map(([name, fault]) => [name, t(`faults.${fault}`)])) as Partial<SimulationFields>;
  const { form, field, reject } = useFields<keyof SimulationFields>({ initial: NO_CHANGE, check, onSubmit: (values) => run.mutate(wishOf(source, values)) });
  const problem = run.isError ? asProblem(run.error) : null;
  // What belongs to a field stands at the field; the rest under the form.
  const rest = problem === null ? [] : Object.entries(problem.fields).filter(([name]) => fieldOf(name) === null).map(([, sentence]) => sentence);
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Card title={t('form')} lead={t('formLead')}>
        <form {...form} aria-label={t('form')}>
          <div className={classes.form}>
            <NativeSelect label={t('source')} description={t(`sources.${source}Text`)} value={source} onChange={(event) => setSource(event.currentTarget.value as SimulationWish['source'])} data={(['generated', 'past'] as const).map((value) => ({ value, label: t(`sources.${value}`) }))} />
            <TextInput {...field('customers')} label={t('customers')} description={t('customersText')} inputMode="numeric" />
            <TextInput {...field('seed')} label={t('seed')} description={t('seedText')} inputMode="numeric" />
            <TextInput {...field('retryDays')} label={t('retryDays')} description={t('retryDaysText')} placeholder="1, 3, 5" />
            {STAGE_FIELDS.map((name) => <TextInput key={name} {...field(name)} label={t(`stage.${name}`)} description={t('stageText')} placeholder={t('asToday')} inputMode="numeric" />)}
          </div>
          <div className={classes.formFoot}>
            <Button type="submit" loading={run.isPending}>{t('verb')}</Button>
            <Meta>{t('safe')}</Meta>
          </div>
          {problem !== null && (Object.keys(byField(problem)).length === 0 || rest.length > 0) && (
            <div className={classes.formFoot}><Notice tone="bad" live="assertive" title={t('failed')}>{rest.length > 0 ? rest.join(' ') : text(problem)}</Notice></div>
          )}
        </form>
      </Card>
      {run.isPending && <Card title={t('running')}><Skeletons heights={[32, 200]} /></Card>}
      {run.isSuccess && <SimulationResult simulation={run.data} />}
    </Page>
  );
}

/** Sentences of the server at the fields they mean. */
function byField({ fields }: ProblemError): Partial<SimulationFields> {
  const found: Partial<SimulationFields> = {};
  for (const [name, sentence] of Object.entries(fields)) {
    const own = fieldOf(name);
    if (own !== null) found[own] = sentence;
  }
  return found;
}
