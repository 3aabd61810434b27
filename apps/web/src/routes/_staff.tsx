import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router';
import { meQuery } from '../api/account.js';
import { asProblem } from '../api/errors.js';
import { leave } from '../api/leave.js';
import { StaffLayout } from '../features/staff/StaffLayout.js';
import { i18n } from '../i18n/locale.js';

/** Finance and support. Their pages ask for nothing before this has let the person in. */
export const Route = createFileRoute('/_staff')({
  loader: async ({ context, location }) => {
    const words = i18n.ensure('app', 'staff');
    await context.queryClient.ensureQueryData(meQuery()).catch((error: unknown) => {
      throw asProblem(error).status === 401 ? redirect({ to: '/sign-in', search: { next: location.href } }) : error;
    });
    await words;
  },
  component: Staff,
});

function Staff() {
  const { queryClient } = Route.useRouteContext();
  const navigate = useNavigate();
  return <StaffLayout onSignOut={() => void leave(queryClient, () => navigate({ to: '/sign-in' }))} />;
}
