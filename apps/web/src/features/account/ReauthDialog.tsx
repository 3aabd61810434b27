import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { signIn } from '../../api/auth.js';
import { LazyDialog } from '../../ui/ConfirmDialog.js';
import { useFields } from '../../ui/fields.js';
import { Notice } from '../../ui/Status.js';
import classes from './AuthLayout.module.css';
import { useSentences } from './useSentences.js';

interface ReauthDialogProps {
  readonly email: string;
  readonly onDone: (signedIn: boolean) => void;
}

/** The session ended in the middle of something: sign in here, and it goes on. */
export default function ReauthDialog({ email, onDone }: ReauthDialogProps) {
  const t = useTranslations();
  const sentences = useSentences();
  const mutation = useMutation({ mutationFn: signIn, onSuccess: () => onDone(true) });
  const { form, field } = useFields({
    initial: { password: '' },
    check: ({ password }) => ({ password: sentences.missingPassword(password) }),
    onSubmit: ({ password }) => mutation.mutate({ email, password }),
  });
  return (
    <LazyDialog title={t('common.reauth.title')} onClose={() => onDone(false)}>
      <form {...form} className={classes.form}>
        <p>{t('common.reauth.lead')}</p>
        {mutation.isError && <Notice tone="bad" live="assertive">{sentences.refusal(mutation.error)}</Notice>}
        <input type="email" value={email} readOnly hidden autoComplete="username" />
        <PasswordInput {...field('password')} label={t('account.password')} description={email} autoComplete="current-password" visibilityToggleFocusable visibilityToggleButtonProps={{ 'aria-label': t('account.showPassword') }} data-autofocus />
        <Button type="submit" loading={mutation.isPending}>{t('common.reauth.submit')}</Button>
      </form>
    </LazyDialog>
  );
}
