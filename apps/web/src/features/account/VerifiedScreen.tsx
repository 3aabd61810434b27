import { Button } from '@mantine/core';
import { IconCircleCheck, IconLinkOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { AuthCard } from './AuthLayout.js';

interface VerifiedScreenProps {
  readonly failed: boolean;
  /** The link has signed this browser in. */
  readonly signedIn: boolean;
}

/** Where the link of the verification mail ends: confirmed, or no longer good. */
export function VerifiedScreen({ failed, signedIn }: VerifiedScreenProps) {
  const t = useTranslations('account.verified');
  if (failed) {
    return (
      <AuthCard title={t('failedTitle')} lead={t('failed')} icon={<IconLinkOff size={24} stroke={1.7} />}>
        <Button component={Link} to="/sign-in" size="md">{t('again')}</Button>
      </AuthCard>
    );
  }
  return (
    <AuthCard title={t('title')} lead={t('text')} icon={<IconCircleCheck size={24} stroke={1.7} />}>
      {signedIn
        ? <Button component={Link} to="/app/new/plan" size="md">{t('next')}</Button>
        : <Button component={Link} to="/sign-in" size="md">{t('signIn')}</Button>}
    </AuthCard>
  );
}
