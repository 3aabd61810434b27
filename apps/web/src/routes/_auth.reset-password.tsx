import { createFileRoute, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ResetPasswordScreen } from '../features/account/PasswordScreens.js';

export const Route = createFileRoute('/_auth/reset-password')({
  validateSearch: ({ token, error }: Record<string, unknown>): { token?: string; error?: string } => ({
    ...(typeof token === 'string' ? { token } : {}),
    ...(typeof error === 'string' ? { error } : {}),
  }),
  component: ResetPassword,
});

function ResetPassword() {
  const search = Route.useSearch();
  const navigate = useNavigate();
  const [token] = useState(search.token);
  // The token leaves the address bar and the history as soon as it has been read.
  useEffect(() => {
    if (search.token !== undefined) void navigate({ to: '/reset-password', search: {}, replace: true });
  }, [navigate, search.token]);
  return <ResetPasswordScreen token={token ?? null} onChanged={() => void navigate({ to: '/sign-in', search: { told: 'passwordChanged' }, replace: true })} />;
}
