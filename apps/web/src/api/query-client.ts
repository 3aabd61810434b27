import { QueryClient } from '@tanstack/react-query';
import { retryQuery } from './errors.js';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: retryQuery, retryDelay: (attempt) => 300 * 3 ** attempt, staleTime: 15_000, refetchOnWindowFocus: 'always' },
    // A write is never repeated by itself: the person sees what happened and decides.
    mutations: { retry: false },
  },
});
