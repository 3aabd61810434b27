import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { onSignedOut } from '../../api/session.js';

const ReauthDialog = lazy(() => import('../account/ReauthDialog.js'));

/** Shows the sign-in dialog when a write meets a session that has ended. */
export function Reauth({ email }: { readonly email: string }) {
  const [open, setOpen] = useState(false);
  const answer = useRef<((signedIn: boolean) => void) | null>(null);
  useEffect(() => onSignedOut(() => new Promise((resolve) => {
    answer.current = resolve;
    setOpen(true);
  })), []);
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <ReauthDialog email={email} onDone={(signedIn) => {
        setOpen(false);
        answer.current?.(signedIn);
      }} />
    </Suspense>
  );
}
