import { useTranslations } from 'use-intl';

/** What this needs of a ProblemError; ui does not know the network. */
interface ProblemLike {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterSeconds: number | null;
}

/** The sentence of a failure: ours where we know the case, the server's own otherwise. */
export function useProblemText(): (problem: ProblemLike) => string {
  const t = useTranslations('common.problem');
  return (problem) => {
    if (problem.status === 0) return t('NETWORK');
    if (problem.status === 429) return t('limited', { seconds: problem.retryAfterSeconds ?? 60 });
    if (problem.status >= 500 && problem.detail === '') return t('server');
    if (problem.status === 403 && problem.detail === '') return t('forbidden');
    return problem.detail === '' ? t('unknown') : problem.detail;
  };
}
