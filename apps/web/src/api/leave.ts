import type { QueryClient } from '@tanstack/react-query';
import { signOut } from './auth.js';

/** Signs out: whatever the server answers, this browser forgets what it has shown. */
export async function leave(queries: QueryClient, toSignIn: () => Promise<void>): Promise<void> {
  await signOut().catch(() => undefined);
  await toSignIn();
  queries.clear();
  sessionStorage.clear();
}
