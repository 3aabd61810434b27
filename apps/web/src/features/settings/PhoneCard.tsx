import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { updateMe } from '../../api/account.js';
import { asProblem } from '../../api/errors.js';
import { confirmPhone, sendPhoneCode } from '../../api/phone.js';
import type { Me } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { useFields } from '../../ui/fields.js';
import { layout, Meta, Row, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Notice, Status } from '../../ui/Status.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { isPhone, phoneFrom } from './phone.js';

type Channel = Me['noticeChannel'];
const CHANNELS = ['none', 'whatsapp', 'sms'] as const satisfies readonly Channel[];

/** Whether notices come to a phone beside the mail, and by what. Choosing a channel is the consent to it; a number counts once its code is entered. */
export function PhoneCard({ me }: { readonly me: Me }) {
  const t = useTranslations('settings.phone');
  const common = useTranslations('common');
  const format = useFormats();
  const text = useProblemText();
  const queries = useQueryClient();
  const [channel, setChannel] = useState<Channel>(me.noticeChannel);
  const [channelFault, setChannelFault] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: updateMe,
    onSuccess: (next) => {
      queries.setQueryData(['me'], next);
      toast(next.phone !== null && !next.phoneVerified && next.noticeChannel !== 'none' ? t('savedUnverified') : t('saved'));
    },
    onError: (error) => {
      const { fields } = asProblem(error);
      reject({ phone: fields['phone'] ?? null });
      setChannelFault(fields['noticeChannel'] ?? null);
    },
  });
  const { form, field, reject } = useFields({
    initial: { phone: me.phone ?? '' },
    check: ({ phone }) => ({ phone: phone.trim() === '' ? (channel === 'none' ? null : t('missing')) : isPhone(phoneFrom(phone)) ? null : t('shape') }),
    onSubmit: ({ phone }) => {
      setChannelFault(null);
      save.mutate({ phone: phone.trim() === '' ? null : phoneFrom(phone), noticeChannel: channel });
    },
  });
  const problem = save.isError ? asProblem(save.error) : null;
  return (
    <Card title={t('title')} lead={t('lead')}>
      <Stack>
        <form {...form} className={layout.form}>
          <NativeSelect label={t('channel')} description={t('channelHint')} value={channel} onChange={(event) => setChannel(event.currentTarget.value as Channel)} data={CHANNELS.map((value) => ({ value, label: t(`channels.${value}`) }))} error={channelFault} />
          <TextInput {...field('phone')} label={t('number')} description={t('numberHint')} type="tel" autoComplete="tel" placeholder="+4915112345678" />
          {channel !== 'none' && <Meta>{me.noticeConsentAt !== null && me.noticeChannel === channel ? t('agreed', { date: format.instant(me.noticeConsentAt, 'date') }) : t('consent')}</Meta>}
          {problem !== null && problem.fields['phone'] === undefined && problem.fields['noticeChannel'] === undefined && <Notice tone="bad" live="assertive">{text(problem)}</Notice>}
          <Row><Button type="submit" variant="default" loading={save.isPending} aria-label={t('save')}>{common('save')}</Button></Row>
        </form>
        {me.phone !== null && (me.phoneVerified ? <Status tone="ok">{t('verified', { phone: me.phone })}</Status> : <Verify key={me.phone} phone={me.phone} />)}
      </Stack>
    </Card>
  );
}

/** Shows that the number is theirs: a code is sent, and entered. */
function Verify({ phone }: { readonly phone: string }) {
  const t = useTranslations('settings.phone');
  const format = useFormats();
  const text = useProblemText();
  const queries = useQueryClient();
  const send = useMutation({ mutationFn: sendPhoneCode });
  const confirm = useMutation({
    mutationFn: confirmPhone,
    onSuccess: (next) => {
      queries.setQueryData(['me'], next);
      toast(t('done'));
    },
    onError: (error) => reject({ code: asProblem(error).fields['code'] ?? text(asProblem(error)) }),
  });
  const { form, field, reject } = useFields({
    initial: { code: '' },
    check: ({ code }) => ({ code: /^\d{6}$/.test(code.trim()) ? null : t('codeShape') }),
    onSubmit: ({ code }) => confirm.mutate(code.trim()),
  });
  const problem = send.isError ? asProblem(send.error) : null;
  return (
    <Stack>
      <Notice tone="warn" title={t('unverified', { phone })} actions={<Button size="xs" variant="default" loading={send.isPending} onClick={() => send.mutate()}>{send.isSuccess ? t('sendAgain') : t('send')}</Button>}>
        {t('unverifiedText')}
      </Notice>
      {problem !== null && <Notice tone="bad" live="assertive">{problem.fields['phone'] ?? text(problem)}</Notice>}
      {send.isSuccess && (
        <form {...form} className={layout.form}>
          <TextInput {...field('code')} label={t('code')} description={t('sent', { to: send.data.sentTo, time: format.instant(send.data.expiresAt, 'time') })} inputMode="numeric" autoComplete="one-time-code" maxLength={6} />
          <Row><Button type="submit" loading={confirm.isPending}>{t('confirm')}</Button></Row>
        </form>
      )}
    </Stack>
  );
}
