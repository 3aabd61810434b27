import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Failure, Skeletons } from './States.js';
import { useProblemText } from './useProblemText.js';

/** What this needs of a query and of its failure; ui does not know the network. */
interface QueryLike<T> {
  readonly data: T | undefined;
  readonly isError: boolean;
  readonly error: unknown;
  refetch(): unknown;
}
interface ProblemLike { readonly status: number; readonly code: string; readonly detail: string; readonly retryAfterSeconds: number | null; readonly requestId: string | null }

interface QueriedProps<T> {
  readonly query: QueryLike<T>;
  /** Heights of what will be there, so that nothing jumps. */
  readonly heights: readonly number[];
  readonly problemOf: (error: unknown) => ProblemLike;
  readonly children: (data: T) => ReactNode;
}

/** Loading, failing or there: a failure stays in its place, and what was shown before stays while it is read anew. */
export function Queried<T>({ query, heights, problemOf, children }: QueriedProps<T>) {
  const t = useTranslations('common.problem');
  const text = useProblemText();
  if (query.data !== undefined) return children(query.data);
  if (!query.isError) return <Skeletons heights={heights} />;
  const problem = problemOf(query.error);
  return <Failure title={t('title')} detail={text(problem)} requestId={problem.requestId} onRetry={() => void query.refetch()} />;
}
