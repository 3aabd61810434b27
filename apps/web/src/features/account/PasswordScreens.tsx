import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconLinkOff, IconMail } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { requestPasswordReset, resetPassword } from '../../api/auth.js';
import { isProblem } from '../../api/errors.js';
import { useFields } from '../../ui/fields.js';
import { Notice } from '../../ui/Status.js';
import { AuthCard } from './AuthLayout.js';
import classes from './AuthLayout.module.css';
import { useSentences } from './useSentences.js';

/** Asks for the mail with the link; says the same whether or not there is such an account. */
export function ForgotPasswordScreen() {
  const t = useTranslations('account');
  const sentences = useSentences();
  const mutation = useMutation({ mutationFn: requestPasswordReset });
  const { form, field } = useFields({
    initial: { email: '' },
    check: ({ email }) => ({ email: sentences.email(email) }),
    onSubmit: ({ email }) => mutation.mutate(email.trim()),
  });
  const back = <Link to="/sign-in">{t('forgot.back')}</Link>;
  if (mutation.isSuccess) {
    return <AuthCard key="sent" title={t('forgot.sentTitle')} icon={<IconMail size={24} stroke={1.7} />} lead={t('forgot.sent', { email: mutation.variables })} footer={back}>{null}</AuthCard>;
  }
  return (
    <AuthCard key="ask" title={t('forgot.title')} lead={t('forgot.lead')} footer={back}>
      {mutation.isError && <Notice tone="bad" live="assertive">{sentences.refusal(mutation.error)}</Notice>}
      <form {...form} className={classes.form}>
        <TextInput {...field('email')} type="email" label={t('email')} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} />
        <Button type="submit" size="md" loading={mutation.isPending}>{t('forgot.submit')}</Button>
      </form>
    </AuthCard>
  );
}

interface ResetPasswordScreenProps {
  /** From the link; null where the link was refused. */
  readonly token: string | null;
  readonly onChanged: () => void;
}

export function ResetPasswordScreen({ token, onChanged }: ResetPasswordScreenProps) {
  const t = useTranslations('account');
  const sentences = useSentences();
  const mutation = useMutation({ mutationFn: resetPassword, onSuccess: onChanged });
  const { form, field } = useFields({
    initial: { password: '' },
    check: ({ password }) => ({ password: sentences.newPassword(password) }),
    onSubmit: ({ password }) => mutation.mutate({ token: token ?? '', newPassword: password }),
  });
  if (token === null || isProblem(mutation.error, 'INVALID_TOKEN', 'TOKEN_EXPIRED')) {
    return (
      <AuthCard key="invalid" title={t('reset.invalidTitle')} lead={t('reset.invalid')} icon={<IconLinkOff size={24} stroke={1.7} />}>
        <Button component={Link} to="/forgot-password" size="md">{t('reset.again')}</Button>
      </AuthCard>
    );
  }
  return (
    <AuthCard key="choose" title={t('reset.title')}>
      {mutation.isError && <Notice tone="bad" live="assertive">{sentences.refusal(mutation.error)}</Notice>}
      <form {...form} className={classes.form}>
        <PasswordInput {...field('password')} label={t('reset.newPassword')} description={t('signUp.passwordHint')} autoComplete="new-password" required withAsterisk={false} visibilityToggleFocusable visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }} />
        <Button type="submit" size="md" loading={mutation.isPending}>{t('reset.submit')}</Button>
      </form>
    </AuthCard>
  );
}
