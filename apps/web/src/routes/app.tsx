import { createFileRoute, isRedirect, redirect } from '@tanstack/react-router';
import { asProblem } from '../api/errors.js';
import { App } from '../features/shell/App.js';
import { i18n } from '../i18n/locale.js';

/** Everything behind sign-in. Support and finance get layouts of their own beside this one. */
export const Route = createFileRoute('/app')({
  beforeLoad: async ({ context, location }) => {
    // Loaded here and not at the top: the sign-in page needs neither the API client nor these words.
    const [{ meQuery }] = await Promise.all([import('../api/account.js'), i18n.ensure('app')]);
    await context.queryClient.ensureQueryData(meQuery()).catch((error: unknown) => {
      if (!isRedirect(error) && asProblem(error).status === 401) throw redirect({ to: '/sign-in', search: { next: location.href } });
      throw error;
    });
  },
  component: App,
});
