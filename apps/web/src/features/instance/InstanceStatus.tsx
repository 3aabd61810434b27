import { useTranslations } from 'use-intl';
import type { Instance } from '../../api/types.js';
import { useStale } from '../../api/useLive.js';
import { useFormats } from '../../i18n/Provider.js';
import { Meta, Row } from '../../ui/Layout.js';
import { Status } from '../../ui/Status.js';
import { Time } from '../../ui/Time.js';
import { STATUS_LOOK } from './words.js';

const WEEK_MS = 7 * 86_400_000;

/** Dot, word and since when. While the live stream is cut the dot stands still: the page does not claim to know. */
export function InstanceStatusLine({ instance }: { readonly instance: Instance }) {
  const t = useTranslations('instance');
  const look = STATUS_LOOK[instance.status];
  const stale = useStale();
  const format = useFormats();
  const since = (nowMs: number) => {
    const spanMs = Math.max(0, nowMs - Date.parse(instance.statusSince));
    return spanMs < WEEK_MS ? t('for', { span: format.span(spanMs) }) : t('since', { time: format.instant(instance.statusSince, 'date') });
  };
  return (
    <Row>
      <Status tone={stale === null ? look.tone : 'idle'} pulse={look.pulse && stale === null}>{t(`status.${instance.status}.word`)}</Status>
      <Meta><Time at={instance.statusSince}>{since}</Time></Meta>
    </Row>
  );
}

/** One sentence on what the status means, with the server's own reason where there is one. */
export function useStatusText(instance: Instance): string {
  const t = useTranslations('instance');
  const { locale } = useFormats();
  const text = t(`status.${instance.status}.text`);
  const reason = instance.statusReason ?? '';
  return reason !== '' && locale === 'en' ? `${text} ${reason}` : text;
}
