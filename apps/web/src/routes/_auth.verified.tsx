import { createFileRoute } from '@tanstack/react-router';
import { getSession } from '../api/auth.js';
import { VerifiedScreen } from '../features/account/VerifiedScreen.js';

export const Route = createFileRoute('/_auth/verified')({
  validateSearch: ({ error }: Record<string, unknown>): { error?: string } => (typeof error === 'string' ? { error } : {}),
  // Whether the link has signed the browser in only chooses the button: a failure here is not worth an error page.
  loader: async () => ({ signedIn: (await getSession().catch(() => null)) !== null }),
  component: Verified,
});

function Verified() {
  return <VerifiedScreen failed={Route.useSearch().error !== undefined} signedIn={Route.useLoaderData().signedIn} />;
}
