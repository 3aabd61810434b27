import { Button, NativeSelect, PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { saveProviderKey } from '../../api/instances.js';
import type { Model, Provider, ProviderKey } from '../../api/types.js';
import { Row } from '../../ui/Layout.js';
import { Notice } from '../../ui/Status.js';
import { useProblemText } from '../../ui/useProblemText.js';
import type { WizardDraft } from './draft.js';
import { PROVIDER_NAMES } from '../../api/providers.js';
import classes from './Wizard.module.css';
import { WizardPage } from './WizardLayout.js';

interface KeyStepProps {
  readonly draft: WizardDraft;
  readonly models: readonly Model[];
  readonly keys: readonly ProviderKey[];
  readonly onChange: (patch: Partial<WizardDraft>) => void;
  readonly onNext: () => void;
}

const KNOWN = ['KEY_BAD', 'KEY_EXHAUSTED', 'PROVIDER_UNREACHABLE'] as const;

export function KeyStep({ draft, models, keys, onChange, onNext }: KeyStepProps) {
  const t = useTranslations('onboarding.key');
  const common = useTranslations('common');
  const account = useTranslations('account');
  const text = useProblemText();
  const queries = useQueryClient();
  const providers = [...new Set(models.map(({ provider }) => provider))];
  const provider = draft.provider === '' ? (providers[0] ?? 'openai') : draft.provider;
  const offered = models.filter((model) => model.provider === provider);
  const model = offered.find(({ id }) => id === draft.model) ?? offered.find(({ isDefault }) => isDefault) ?? offered[0];
  const onFile = keys.find((key) => key.provider === provider);

  const [key, setKey] = useState('');
  const [replacing, setReplacing] = useState(false);
  const [missing, setMissing] = useState<'missingKey' | 'mustTest' | null>(null);
  const mutation = useMutation({
    mutationFn: saveProviderKey,
    onSuccess: async () => {
      setKey('');
      setReplacing(false);
      setMissing(null);
      await queries.invalidateQueries({ queryKey: ['provider-keys'] });
    },
  });
  const problem = mutation.isError ? asProblem(mutation.error) : null;
  const sentence = problem === null ? null : KNOWN.includes(problem.code as 'KEY_BAD') ? t(`error.${problem.code as 'KEY_BAD'}`) : (problem.fields['key'] ?? text(problem));
  const asking = onFile === undefined || replacing;

  const choose = (next: Provider) => {
    onChange({ provider: next, model: '' });
    setKey('');
    setReplacing(false);
    setMissing(null);
    mutation.reset();
  };
  const test = () => {
    if (key.trim() === '') return setMissing('missingKey');
    setMissing(null);
    mutation.mutate({ provider, key: key.trim() });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (asking) {
      // Enter in the key's field tests it; it does not skip the test.
      if (key.trim() === '') setMissing('missingKey');
      else test();
      return;
    }
    onChange({ provider, model: model?.id ?? '' });
    onNext();
  };
  return (
    <WizardPage step="key" title={t('title')} lead={t('lead')}>
      <form className={classes.form} onSubmit={submit} noValidate>
        <div className={classes.card}>
          <fieldset className={classes.providers}>
            <legend className={classes.legend}>{t('provider')}</legend>
            {providers.map((name) => (
              <label key={name} className={classes.provider}>
                <input type="radio" name="provider" value={name} checked={name === provider} onChange={() => choose(name)} />
                {PROVIDER_NAMES[name]}
              </label>
            ))}
          </fieldset>
          <NativeSelect
            label={t('model')}
            value={model?.id ?? ''}
            onChange={(event) => onChange({ provider, model: event.currentTarget.value })}
            data={offered.map(({ id, name }) => ({ value: id, label: name }))}
          />
          {asking && (
            <>
              <PasswordInput
                label={t('key')}
                description={t('where', { place: t(`place.${provider}`) })}
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                error={missing === null ? null : t(missing)}
                autoComplete="off"
                spellCheck={false}
                visibilityToggleFocusable
                visibilityToggleButtonProps={{ 'aria-label': account('showPassword') }}
              />
              <p className={classes.trial}>{t('hint')}</p>
              <Row>
                <Button variant="default" onClick={test} loading={mutation.isPending}>{t('test')}</Button>
                {onFile !== undefined && <Button variant="subtle" onClick={() => setReplacing(false)}>{t('keep')}</Button>}
                {mutation.isPending && <span role="status">{t('testing')}</span>}
              </Row>
            </>
          )}
          {!asking && (
            <Notice
              tone="ok"
              live="polite"
              title={mutation.isSuccess ? (mutation.data.test.verdict === 'slow' ? t('slow') : t('works')) : t('onFile', { masked: onFile.masked })}
              actions={<Button size="xs" variant="default" onClick={() => setReplacing(true)}>{t('replace')}</Button>}
            >
              {mutation.isSuccess ? t('onFile', { masked: onFile.masked }) : undefined}
            </Notice>
          )}
          {sentence !== null && asking && <Notice tone="bad" live="assertive">{sentence}</Notice>}
        </div>
        <div className={classes.foot}>
          <Button component={Link} to="/app/new/plan" variant="default" size="md">{common('back')}</Button>
          {asking
            ? <Button size="md" onClick={() => setMissing(key.trim() === '' ? 'missingKey' : 'mustTest')}>{common('continue')}</Button>
            : <Button type="submit" size="md">{common('continue')}</Button>}
        </div>
      </form>
    </WizardPage>
  );
}
