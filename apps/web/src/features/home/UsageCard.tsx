import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { usageQuery } from '../../api/instances.js';
import { useFormats } from '../../i18n/Provider.js';
import { Meta, Soft, Stack } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Failure, Meter, Skeletons } from '../../ui/States.js';
import { useProblemText } from '../../ui/useProblemText.js';
import classes from './HomeScreen.module.css';

/** Messages of the period that has a limit, the number first and the words under it. */
export function UsageCard() {
  const t = useTranslations('home.usage');
  const common = useTranslations('common');
  const format = useFormats();
  const text = useProblemText();
  const query = useQuery(usageQuery());
  if (query.isPending) return <Card title={t('title')}><Skeletons heights={[36, 12, 16]} /></Card>;
  if (query.isError) {
    const problem = asProblem(query.error);
    return <Card title={t('title')}><Failure title={common('problem.title')} detail={text(problem)} requestId={problem.requestId} onRetry={() => void query.refetch()} /></Card>;
  }
  const { today, month, limits } = query.data;
  const daily = limits.messagesPerDay !== null;
  const period = daily ? today : month;
  const limit = daily ? limits.messagesPerDay : limits.messagesPerMonth;
  const left = limit === null ? null : Math.max(0, limit - period.messages);
  return (
    <Card title={t('title')}>
      <Stack gap={0.75}>
        <p className={classes.number}>
          {limit === null ? format.number(period.messages) : t('used', { used: format.number(period.messages), limit: format.number(limit) })}
          <small> {t(daily ? 'today' : 'month')}</small>
        </p>
        {limit !== null && <Meter label={t('label')} value={period.messages} max={limit} />}
        {left === 0 ? <Soft>{t('over')}</Soft> : (
          <Meta>{left === null ? t('noLimit') : `${t('near', { count: left })}. ${t('resets', { date: format.instant(period.endsAt, daily ? 'dateTime' : 'date') })}`}</Meta>
        )}
      </Stack>
    </Card>
  );
}
