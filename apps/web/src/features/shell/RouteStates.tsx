import { Button } from '@mantine/core';
import { IconCompass } from '@tabler/icons-react';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { EmptyState, Failure, Skeletons } from '../../ui/States.js';
import { useProblemText } from '../../ui/useProblemText.js';
import classes from './RouteStates.module.css';

export function RoutePending() {
  return <div className={classes.state}><Skeletons heights={[32, 120, 220]} /></div>;
}

export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const t = useTranslations('common.problem');
  const text = useProblemText();
  const problem = asProblem(error);
  return (
    <div className={classes.state}>
      <h1>{t('page')}</h1>
      <Failure title={t('title')} detail={`${text(problem)} ${t('safe')}`} requestId={problem.requestId} onRetry={reset} />
    </div>
  );
}

export function RouteMissing() {
  const t = useTranslations('common.notFound');
  return (
    <div className={classes.state}>
      <EmptyState heading="h1" icon={<IconCompass size={22} />} title={t('title')} action={<Button component={Link} to="/app" variant="default">{t('home')}</Button>}>{t('text')}</EmptyState>
    </div>
  );
}
