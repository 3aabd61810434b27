import type { DesiredState, InstanceStatus, InstanceWish } from '#domain/instance/instance.types.js';

export type OwnerWish = Exclude<InstanceWish, 'provision'>;
export const DESIRED_BY: Readonly<Record<OwnerWish, DesiredState>> = { start: 'running', restart: 'running', reprovision: 'running', stop: 'stopped', remove: 'removed' };

export type WishVerdict = 'do' | 'already' | { readonly code: string; readonly detail: string };

const UP: readonly InstanceStatus[] = ['running', 'unhealthy', 'restarting'];

/** Whether a wish goes with the present status; the table says no more than what `customerLifecycle` can act on. */
export function judgeWish(wish: OwnerWish, status: InstanceStatus, desired: DesiredState): WishVerdict {
  const no = (code: string, detail: string): WishVerdict => ({ code, detail });
  if (wish === 'remove') return desired === 'removed' || status === 'gone' || status === 'tearing_down' ? 'already' : 'do';
  switch (status) {
    case 'gone': case 'tearing_down': return no('INSTANCE_GONE', 'This assistant is being removed or is gone.');
    case 'awaiting_payment': return no('PAYMENT_AWAITED', 'This assistant waits for payment: go on with the checkout.');
    case 'provisioning': return no('INSTANCE_BUSY', 'This assistant is being set up. Wait until it runs.');
    case 'suspended': return no('INSTANCE_SUSPENDED', 'This assistant is suspended because of an open invoice. Pay it, and it starts by itself.');
    case 'failed': return wish === 'reprovision' ? 'do' : no('INSTANCE_FAILED', 'Setting this assistant up has failed. Set it up anew (reprovision), or remove it.');
    case 'stopped': return wish === 'stop' ? 'already' : wish === 'restart' ? no('INSTANCE_STOPPED', 'This assistant is stopped: start it.') : 'do';
    default: return wish === 'start' && UP.includes(status) && desired === 'running' ? 'already' : 'do';
  }
}
