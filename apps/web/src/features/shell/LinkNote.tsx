import { IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslations } from 'use-intl';
import { useStale } from '../../api/useLive.js';
import { useFormats } from '../../i18n/Provider.js';
import classes from './Shell.module.css';

/** Says that the page is not live any more, and from when its data is. Silent while all is well. */
export function LinkNote() {
  const t = useTranslations('common.link');
  const format = useFormats();
  const lastAtMs = useStale();
  if (lastAtMs === null) return null;
  return <p className={classes.link} role="status"><IconPlugConnectedX size={16} aria-hidden="true" />{t('cut', { time: format.instant(lastAtMs, 'time') })}</p>;
}
