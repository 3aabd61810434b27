import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem, isProblem } from '../../api/errors.js';
import { removeProviderKey, providerKeysQuery, saveProviderKey } from '../../api/instances.js';
import { PROVIDER_NAMES } from '../../api/providers.js';
import type { Provider, ProviderKey } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { ConfirmDialog, preloadDialog } from '../../ui/ConfirmDialog.js';
import { Meta, Mono, Row, Soft, Stack, Strong } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Failure, Skeletons } from '../../ui/States.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import classes from './KeysCard.module.css';

/** The keys on file, masked; a new one is tested at its provider before it takes the place of the old. */
export function KeysCard() {
  const t = useTranslations('settings.keys');
  const common = useTranslations('common');
  const format = useFormats();
  const text = useProblemText();
  const query = useQuery(providerKeysQuery());
  const [asking, setAsking] = useState<{ readonly act: 'replace' | 'remove'; readonly provider: Provider } | null>(null);
  let content;
  if (query.isPending) content = <Skeletons heights={[36]} />;
  else if (query.isError) {
    const problem = asProblem(query.error);
    content = <Failure title={common('problem.title')} detail={text(problem)} requestId={problem.requestId} onRetry={() => void query.refetch()} />;
  } else if (query.data.length === 0) {
    content = <Stack><Soft>{t('empty')}</Soft><Row><Button component={Link} to="/app/new/key" variant="default">{t('add')}</Button></Row></Stack>;
  } else {
    content = (
      <ul className={classes.list}>
        {query.data.map((key: ProviderKey) => (
          <li key={key.provider} className={classes.key}>
            <div>
              <Strong>{PROVIDER_NAMES[key.provider]}</Strong> <Mono>{key.masked}</Mono>
              <Meta>{t('added', { time: format.instant(key.createdAt, 'dateTime') })}</Meta>
            </div>
            <Row>
              <Button variant="default" onMouseEnter={preloadDialog} onFocus={preloadDialog} aria-label={`${t('replace')}: ${PROVIDER_NAMES[key.provider]}`} onClick={() => setAsking({ act: 'replace', provider: key.provider })}>{t('replace')}</Button>
              <Button variant="subtle" onMouseEnter={preloadDialog} onFocus={preloadDialog} aria-label={`${t('remove')}: ${PROVIDER_NAMES[key.provider]}`} onClick={() => setAsking({ act: 'remove', provider: key.provider })}>{t('remove')}</Button>
            </Row>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <Card title={t('title')} lead={t('lead')}>
      {content}
      {asking?.act === 'replace' && <ReplaceDialog provider={asking.provider} onClose={() => setAsking(null)} />}
      {asking?.act === 'remove' && <RemoveDialog provider={asking.provider} onClose={() => setAsking(null)} />}
    </Card>
  );
}

interface KeyDialogProps {
  readonly provider: Provider;
  readonly onClose: () => void;
}

function ReplaceDialog({ provider, onClose }: KeyDialogProps) {
  const t = useTranslations('settings.keys');
  const wizard = useTranslations('onboarding.key');
  const account = useTranslations('account');
  const text = useProblemText();
  const queries = useQueryClient();
  const [key, setKey] = useState('');
  const mutation = useMutation({
    mutationFn: () => saveProviderKey({ provider, key: key.trim() }),
    onSuccess: async () => {
      toast(t('replaced'));
      await queries.invalidateQueries({ queryKey: ['provider-keys'] });
      onClose();
    },
  });
  const known = isProblem(mutation.error, 'KEY_BAD', 'KEY_EXHAUSTED', 'PROVIDER_UNREACHABLE') ? wizard(`error.${mutation.error.code as 'KEY_BAD'}`) : null;
  const problem = mutation.isError ? asProblem(mutation.error) : null;
  return (
    <ConfirmDialog
      title={t('replaceTitle', { provider: PROVIDER_NAMES[provider] })}
      verb={t('replaceVerb')}
      pending={mutation.isPending}
      problem={problem === null ? null : (known ?? problem.fields['key'] ?? text(problem))}
      onConfirm={() => mutation.mutate()}
      onClose={onClose}
    >
      <PasswordInput label={wizard('key')} value={key} onChange={(event) => setKey(event.currentTarget.value)} autoComplete="off" spellCheck={false} visibilityToggleFocusable visibilityToggleButtonProps={{ 'aria-label': account('showPassword') }} data-autofocus />
    </ConfirmDialog>
  );
}

function RemoveDialog({ provider, onClose }: KeyDialogProps) {
  const t = useTranslations('settings.keys');
  const text = useProblemText();
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => removeProviderKey(provider),
    onSuccess: async () => {
      toast(t('removed'));
      await queries.invalidateQueries({ queryKey: ['provider-keys'] });
      onClose();
    },
  });
  const problem = mutation.isError ? (isProblem(mutation.error, 'KEY_IN_USE') ? t('inUse') : text(asProblem(mutation.error))) : null;
  return (
    <ConfirmDialog
      danger
      title={t('removeTitle', { provider: PROVIDER_NAMES[provider] })}
      consequences={[t('removeStops'), t('removeErased')]}
      verb={t('remove')}
      pending={mutation.isPending}
      problem={problem}
      onConfirm={() => mutation.mutate()}
      onClose={onClose}
    />
  );
}
