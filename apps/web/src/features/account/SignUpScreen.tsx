import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { signUp } from '../../api/auth.js';
import { useFormats } from '../../i18n/Provider.js';
import { useFields } from '../../ui/fields.js';
import { Notice } from '../../ui/Status.js';
import { AuthCard } from './AuthLayout.js';
import classes from './AuthLayout.module.css';
import { useSentences } from './useSentences.js';

export function SignUpScreen({ onCreated }: { readonly onCreated: (email: string) => void }) {
  const t = useTranslations('account');
  const { locale, timeZone } = useFormats();
  const sentences = useSentences();
  const mutation = useMutation({ mutationFn: signUp, onSuccess: (_, { email }) => onCreated(email) });
  const { form, field } = useFields({
    initial: { name: '', email: '', password: '' },
    check: ({ name, email, password }) => ({ name: sentences.missingName(name), email: sentences.email(email), password: sentences.newPassword(password) }),
    onSubmit: ({ name, email, password }) => mutation.mutate({ name: name.trim(), email: email.trim(), password, locale, timeZone }),
  });
  return (
    <AuthCard title={t('signUp.title')} lead={t('signUp.lead')} footer={<>{t('signUp.haveAccount')} <Link to="/sign-in">{t('signUp.signIn')}</Link></>}>
      {mutation.isError && <Notice tone="bad" live="assertive">{sentences.refusal(mutation.error)}</Notice>}
      <form {...form} className={classes.form}>
        <TextInput {...field('name')} label={t('name')} autoComplete="name" required withAsterisk={false} />
        <TextInput {...field('email')} type="email" label={t('email')} autoComplete="email" autoCapitalize="none" spellCheck={false} required withAsterisk={false} />
        <PasswordInput {...field('password')} label={t('password')} description={t('signUp.passwordHint')} autoComplete="new-password" required withAsterisk={false} visibilityToggleFocusable visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }} />
        <Button type="submit" size="md" loading={mutation.isPending}>{t('signUp.submit')}</Button>
      </form>
    </AuthCard>
  );
}
