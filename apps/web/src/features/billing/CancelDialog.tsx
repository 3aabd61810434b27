import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { cancelSubscription } from '../../api/billing.js';
import { asProblem } from '../../api/errors.js';
import type { Plan } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { ConfirmDialog } from '../../ui/ConfirmDialog.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { usePlanWords } from '../onboarding/plan-words.js';
import { afterCancel } from './next-step.js';

interface CancelDialogProps {
  /** Undefined: a plan that is sold no longer. */
  readonly plan: Plan | undefined;
  readonly plans: readonly Plan[];
  /** End of the paid period. */
  readonly endsAt: string | null;
  readonly onClose: () => void;
}

/** Loaded when it is opened. What is lost and until when, before the one press that can be taken back. */
export default function CancelDialog({ plan, plans, endsAt, onClose }: CancelDialogProps) {
  const t = useTranslations('payments.cancel');
  const format = useFormats();
  const text = useProblemText();
  const words = usePlanWords();
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: cancelSubscription,
    onSuccess: () => {
      toast(t('done'));
      onClose();
    },
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['me'] }), queries.invalidateQueries({ queryKey: ['subscription'] })]),
  });
  const then = plan === undefined ? null : afterCancel(plan, plans);
  const free = then !== null && 'free' in then ? then.free : null;
  const lost = plan === undefined ? [] : words.limits(plan).filter((limit) => free === null || !words.limits(free).includes(limit));
  const after = then === null ? [t('export')]
    : 'keptDays' in then ? [t('export'), t('kept', { days: then.keptDays })]
      : [then.free === null ? t('freeUnnamed') : t('free', { planName: then.free.name })];
  return (
    <ConfirmDialog
      danger
      title={t('title')}
      lead={t('lead')}
      consequences={[
        endsAt === null ? t('untilUnknown') : t('until', { date: format.instant(endsAt, 'deadline') }),
        ...(lost.length > 0 ? [t('lost', { list: new Intl.ListFormat(format.locale).format(lost.map((word) => word.charAt(0).toLowerCase() + word.slice(1))) })] : []),
        ...after, t('noCharge'), t('undo'),
      ]}
      verb={t('verb')}
      pending={cancel.isPending}
      problem={cancel.isError ? text(asProblem(cancel.error)) : null}
      onConfirm={() => cancel.mutate()}
      onClose={onClose}
    />
  );
}
