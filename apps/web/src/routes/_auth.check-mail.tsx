import { createFileRoute } from '@tanstack/react-router';
import { CheckMailScreen } from '../features/account/CheckMailScreen.js';
import { readDraft } from '../ui/drafts.js';

// The address comes by the tab's own storage, not by the URL: addresses do not belong into access logs.
export const Route = createFileRoute('/_auth/check-mail')({
  loader: () => readDraft<{ email?: string }>('mail', {}),
  component: () => <CheckMailScreen email={Route.useLoaderData().email} />,
});
