import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { safeReturn } from '../features/account/checks.js';
import { SignInScreen } from '../features/account/SignInScreen.js';
import { writeDraft } from '../ui/drafts.js';

interface SignInSearch {
  readonly next?: string;
  readonly told?: 'passwordChanged' | 'signedOutEverywhere';
}

export const Route = createFileRoute('/_auth/sign-in')({
  validateSearch: ({ next, told }: Record<string, unknown>): SignInSearch => ({
    ...(typeof next === 'string' ? { next: safeReturn(next) } : {}),
    ...(told === 'passwordChanged' || told === 'signedOutEverywhere' ? { told } : {}),
  }),
  component: SignIn,
});

function SignIn() {
  const { next, told } = Route.useSearch();
  const { queryClient } = Route.useRouteContext();
  const navigate = useNavigate();
  return (
    <SignInScreen
      told={told}
      onSignedIn={() => {
        queryClient.clear();
        void navigate({ href: next ?? '/app', replace: true });
      }}
      onUnverified={(email) => {
        writeDraft('mail', { email });
        void navigate({ to: '/check-mail' });
      }}
    />
  );
}
