import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { exportsQuery } from '../../api/instances.js';
import { useFormats } from '../../i18n/Provider.js';
import { Meta, Strong } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { Failure, Skeletons } from '../../ui/States.js';
import { useProblemText } from '../../ui/useProblemText.js';
import classes from './BillingScreen.module.css';
import { fileSize } from './file-size.js';

/** What was kept of assistants that are gone, to be downloaded. */
export function ExportsCard() {
  const t = useTranslations('payments.exports');
  const common = useTranslations('common');
  const format = useFormats();
  const text = useProblemText();
  const query = useQuery(exportsQuery());
  let content;
  if (query.isPending) content = <div className={classes.empty}><Skeletons heights={[36]} /></div>;
  else if (query.isError) {
    const problem = asProblem(query.error);
    content = <div className={classes.empty}><Failure title={common('problem.title')} detail={text(problem)} requestId={problem.requestId} onRetry={() => void query.refetch()} /></div>;
  } else if (query.data.length === 0) content = <p className={classes.empty}>{t('empty')}</p>;
  else {
    content = (
      <ul className={classes.list}>
        {query.data.map((file) => (
          <li key={file.id} className={classes.file}>
            <div>
              <Strong>{t('file', { name: file.instanceName, size: fileSize(format.locale, file.bytes) })}</Strong>
              <Meta>{t('made', { time: format.instant(file.createdAt, 'dateTime') })}</Meta>
            </div>
            <Button component="a" href={file.downloadUrl} download variant="default" leftSection={<IconDownload size={16} stroke={1.8} aria-hidden="true" />} aria-label={`${t('download')}: ${file.instanceName}`}>{t('download')}</Button>
          </li>
        ))}
      </ul>
    );
  }
  return <div id="exports"><Card title={t('title')} lead={t('lead')} flush>{content}</Card></div>;
}
