import { Button } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { sendVerificationMail } from '../../api/auth.js';
import { Notice } from '../../ui/Status.js';
import { AuthCard } from './AuthLayout.js';
import classes from './AuthLayout.module.css';
import { useSentences } from './useSentences.js';

/** Seconds between two requests for the same mail. */
const RESEND_AFTER_SECONDS = 30;

export function CheckMailScreen({ email }: { readonly email: string | undefined }) {
  const t = useTranslations('account.checkMail');
  const sentences = useSentences();
  const [wait, setWait] = useState(RESEND_AFTER_SECONDS);
  const mutation = useMutation({ mutationFn: sendVerificationMail, onSuccess: () => setWait(RESEND_AFTER_SECONDS) });
  useEffect(() => {
    if (wait === 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1_000);
    return () => clearTimeout(timer);
  }, [wait]);
  return (
    <AuthCard
      title={t('title')}
      icon={<IconMail size={24} stroke={1.7} />}
      lead={email === undefined ? t('sentNoAddress') : t('sent', { email })}
      footer={<Link to="/sign-up">{t('back')}</Link>}
    >
      <div className={classes.form}>
        <p className={classes.lead}>{t('hint')}</p>
        {mutation.isSuccess && <Notice tone="ok" live="polite">{t('resent')}</Notice>}
        {mutation.isError && <Notice tone="bad" live="assertive">{sentences.refusal(mutation.error)}</Notice>}
        {email !== undefined && (
          <Button variant="default" loading={mutation.isPending} disabled={wait > 0} onClick={() => mutation.mutate(email)}>
            {wait > 0 ? t('resendIn', { seconds: wait }) : t('resend')}
          </Button>
        )}
      </div>
    </AuthCard>
  );
}
