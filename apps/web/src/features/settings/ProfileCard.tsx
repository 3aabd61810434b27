import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { updateMe } from '../../api/account.js';
import { asProblem } from '../../api/errors.js';
import type { Me } from '../../api/types.js';
import { useFields } from '../../ui/fields.js';
import { layout, Row } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Notice } from '../../ui/Status.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';

export function ProfileCard({ me }: { readonly me: Me }) {
  const t = useTranslations('settings.profile');
  const common = useTranslations('common');
  const text = useProblemText();
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: updateMe,
    onSuccess: (next) => {
      queries.setQueryData(['me'], next);
      toast(t('saved'));
    },
    onError: (error) => reject({ name: asProblem(error).fields['name'] ?? null }),
  });
  const { form, field, reject } = useFields({
    initial: { name: me.name },
    check: ({ name }) => ({ name: name.trim() === '' ? t('nameMissing') : null }),
    onSubmit: ({ name }) => mutation.mutate({ name: name.trim() }),
  });
  const problem = mutation.isError ? asProblem(mutation.error) : null;
  return (
    <Card title={t('title')}>
      <form {...form} className={layout.form}>
        <TextInput {...field('name')} label={t('name')} autoComplete="name" maxLength={100} />
        <TextInput label={t('email')} description={t('emailHint')} value={me.email} readOnly />
        {problem !== null && problem.fields['name'] === undefined && <Notice tone="bad" live="assertive">{text(problem)}</Notice>}
        <Row><Button type="submit" variant="default" loading={mutation.isPending}>{common('save')}</Button></Row>
      </form>
    </Card>
  );
}
