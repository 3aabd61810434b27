import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { signIn } from '../../api/auth.js';
import { isProblem } from '../../api/errors.js';
import { useFields } from '../../ui/fields.js';
import { Notice } from '../../ui/Status.js';
import { AuthCard } from './AuthLayout.js';
import classes from './AuthLayout.module.css';
import { useSentences } from './useSentences.js';

interface SignInScreenProps {
  /** Why the person is here, where there is something to tell. */
  readonly told?: 'passwordChanged' | 'signedOutEverywhere' | undefined;
  readonly onSignedIn: () => void;
  readonly onUnverified: (email: string) => void;
}

export function SignInScreen({ told, onSignedIn, onUnverified }: SignInScreenProps) {
  const t = useTranslations('account');
  const sentences = useSentences();
  const mutation = useMutation({
    mutationFn: signIn,
    onSuccess: onSignedIn,
    onError: (error, { email }) => {
      if (isProblem(error, 'EMAIL_NOT_VERIFIED')) onUnverified(email);
    },
  });
  const { form, field } = useFields({
    initial: { email: '', password: '' },
    check: ({ email, password }) => ({ email: sentences.email(email), password: sentences.missingPassword(password) }),
    onSubmit: ({ email, password }) => mutation.mutate({ email: email.trim(), password }),
  });
  return (
    <AuthCard title={t('signIn.title')} lead={t('signIn.lead')} footer={<>{t('signIn.noAccount')} <Link to="/sign-up">{t('signIn.create')}</Link></>}>
      {told !== undefined && <Notice tone="ok" live="polite">{t(`signIn.${told}`)}</Notice>}
      {mutation.isError && <Notice tone="bad" live="assertive">{sentences.refusal(mutation.error)}</Notice>}
      <form {...form} className={classes.form}>
        <TextInput {...field('email')} type="email" label={t('email')} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} />
        <PasswordInput {...field('password')} label={t('password')} autoComplete="current-password" required withAsterisk={false} visibilityToggleFocusable visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }} />
        <div className={classes.between}><Link to="/forgot-password">{t('signIn.forgot')}</Link></div>
        <Button type="submit" size="md" loading={mutation.isPending}>{t('signIn.submit')}</Button>
      </form>
    </AuthCard>
  );
}
