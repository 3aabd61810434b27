import { NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { actForCustomer, type SupportAction, type SupportCustomerDetail, type SupportVerb } from '../../api/support.js';
import { useFormats } from '../../i18n/Provider.js';
import { ConfirmDialog } from '../../ui/ConfirmDialog.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { isForward, MOST_DAYS, openInvoices, SETTABLE, shiftedDeadlines, type Settable } from './actions.js';

interface ActionDialogProps {
  readonly customer: SupportCustomerDetail;
  readonly verb: SupportVerb;
  readonly onClose: () => void;
}

const SHORTEST_REASON = 3;

/** Loaded when it is opened. What the act means with its exact dates and amounts, why it is done, and then the act itself, once. */
export default function ActionDialog({ customer, verb, onClose }: ActionDialogProps) {
  const t = useTranslations('support.actions');
  const stages = useTranslations('billing.stage');
  const format = useFormats();
  const text = useProblemText();
  const queries = useQueryClient();
  const open = openInvoices(customer);
  const oldest = open[0];
  const [reason, setReason] = useState('');
  const [days, setDays] = useState(verb === 'pause-dunning' ? '7' : '3');
  const [stage, setStage] = useState<Settable>(SETTABLE.find((one) => one !== customer.stage) ?? 'grace');
  const [invoiceId, setInvoiceId] = useState(open[0]?.id ?? '');
  const [instanceId, setInstanceId] = useState((customer.instances.find(({ status }) => status === 'needs_attention') ?? customer.instances[0])?.id ?? '');
  const [asked, setAsked] = useState(false);

  const act = useMutation({
    mutationFn: (action: SupportAction) => actForCustomer(customer.id, verb, action),
    onSuccess: (next) => {
      queries.setQueryData(['support', 'customer', customer.id], next);
      toast(t('done', { verb: t(`verbs.${verb}`) }));
      onClose();
    },
    // Also after a refusal: the page may show what is no longer so.
    onSettled: () => queries.invalidateQueries({ queryKey: ['support'] }),
  });
  const timed = verb === 'extend-grace' || verb === 'pause-dunning' ? verb : null;
  const count = /^\d{1,2}$/.test(days.trim()) ? Number(days) : 0;
  const most = timed === null ? 0 : MOST_DAYS[timed];
  const daysFault = timed !== null && (count < 1 || count > most) ? t('daysFault', { most }) : null;
  const reasonFault = reason.trim().length < SHORTEST_REASON ? t('reasonFault') : null;
  const invoice = open.find(({ id }) => id === invoiceId);
  const amount = invoice === undefined ? '' : format.amount(invoice.amountRemainingCents, invoice.currency);

  const consequences = ((): readonly ReactNode[] => {
    switch (verb) {
      case 'pay-now': return [t('consequences.payNow', { amount: oldest === undefined ? '' : format.amount(oldest.amountRemainingCents, oldest.currency) }), t('consequences.payDeclined')];
      case 'extend-grace':
      case 'pause-dunning': {
        const moved = customer.dunning === null || timed === null || daysFault !== null ? [] : shiftedDeadlines(timed, count, customer.dunning, customer.stage);
        return [
          ...moved.map((one) => t('consequences.moved', { stage: stages(one.stage), to: format.instant(one.to, 'deadline'), from: format.instant(one.from, 'deadline') })),
          ...(verb === 'pause-dunning' ? [t('consequences.pauseOnce')] : []),
        ];
      }
      case 'waive-invoice': return [t('consequences.waive', { amount }), t('consequences.waiveFinal')];
      case 'set-stage': return isForward(customer.stage, stage) ? [t('consequences.forward', { stage: stages(stage) }), t('consequences.notices')] : [t('consequences.back', { stage: stages(stage) })];
      case 'retry-step': return [t('consequences.retry')];
    }
  })();
  const action = (): SupportAction => ({
    reason: reason.trim(),
    ...(timed === null ? {} : { days: count }),
    ...(verb === 'set-stage' ? { stage } : {}),
    ...(verb === 'waive-invoice' ? { invoiceId } : {}),
    ...(verb === 'retry-step' ? { instanceId } : {}),
  });
  const problem = act.isError ? asProblem(act.error) : null;
  const atField = (name: string): string | undefined => problem?.fields[name];
  const elsewhere = problem !== null && !['days', 'stage', 'reason', 'invoiceId', 'instanceId'].some((name) => problem.fields[name] !== undefined);
  return (
    <ConfirmDialog
      danger={verb === 'waive-invoice' || (verb === 'set-stage' && isForward(customer.stage, stage))}
      title={t(`titles.${verb}`, { name: customer.name })}
      lead={t(`texts.${verb}`)}
      verb={t(`verbs.${verb}`)}
      pending={act.isPending}
      problem={elsewhere ? text(problem) : null}
      consequences={consequences}
      onConfirm={() => {
        setAsked(true);
        if (daysFault === null && reasonFault === null) act.mutate(action());
      }}
      onClose={onClose}
    >
      {timed !== null && <TextInput label={t('days')} description={t('daysText', { most })} inputMode="numeric" value={days} onChange={(event) => setDays(event.currentTarget.value)} error={(asked ? daysFault : null) ?? atField('days')} />}
      {verb === 'set-stage' && (
        <NativeSelect label={t('stage')} value={stage} onChange={(event) => setStage(event.currentTarget.value as Settable)} data={SETTABLE.filter((one) => one !== customer.stage).map((value) => ({ value, label: stages(value) }))} error={atField('stage')} />
      )}
      {verb === 'waive-invoice' && (
        <NativeSelect label={t('invoice')} value={invoiceId} onChange={(event) => setInvoiceId(event.currentTarget.value)} data={open.map((one) => ({ value: one.id, label: `${one.number ?? one.id}, ${format.amount(one.amountRemainingCents, one.currency)}` }))} error={atField('invoiceId')} />
      )}
      {verb === 'retry-step' && (
        <NativeSelect label={t('instance')} value={instanceId} onChange={(event) => setInstanceId(event.currentTarget.value)} data={customer.instances.map(({ id, name }) => ({ value: id, label: name }))} error={atField('instanceId')} />
      )}
      <TextInput label={t('reason')} description={t('reasonText')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={500} required withAsterisk={false} error={(asked ? reasonFault : null) ?? atField('reason')} data-autofocus />
    </ConfirmDialog>
  );
}
