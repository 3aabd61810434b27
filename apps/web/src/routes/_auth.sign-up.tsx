import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { SignUpScreen } from '../features/account/SignUpScreen.js';
import { writeDraft } from '../ui/drafts.js';
import { rememberPlan } from '../ui/wanted-plan.js';

interface SignUpSearch {
  /** The plan that was clicked on the pricing page; the wizard begins with it. */
  readonly plan?: string;
}

export const Route = createFileRoute('/_auth/sign-up')({
  validateSearch: ({ plan }: Record<string, unknown>): SignUpSearch => (typeof plan === 'string' && /^[\w-]{1,40}$/.test(plan) ? { plan } : {}),
  component: SignUp,
});

function SignUp() {
  const navigate = useNavigate();
  const { plan } = Route.useSearch();
  return (
    <SignUpScreen
      onCreated={(email) => {
        writeDraft('mail', { email });
        rememberPlan(plan);
        void navigate({ to: '/check-mail' });
      }}
    />
  );
}
