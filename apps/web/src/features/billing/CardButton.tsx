import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { openPortal } from '../../api/billing.js';
import { asProblem } from '../../api/errors.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';

interface CardButtonProps {
  readonly size?: 'xs' | 'sm';
  /** The one call to action of the page. */
  readonly cta?: boolean;
}

/** Leads to Stripe's page for the card; an unpaid invoice is tried again by itself as soon as the card has changed. */
export function CardButton({ size = 'sm', cta = false }: CardButtonProps) {
  const t = useTranslations('billing.next.actions');
  const text = useProblemText();
  const portal = useMutation({
    mutationFn: () => openPortal('payment_method_update'),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: (error) => toast(text(asProblem(error))),
  });
  return <Button size={size} variant={cta ? 'cta' : 'default'} loading={portal.isPending || portal.isSuccess} onClick={() => portal.mutate()}>{t('card')}</Button>;
}
