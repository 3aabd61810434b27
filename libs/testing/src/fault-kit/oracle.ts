import type { GroundTruth } from '../harness/ground-truth.js';

const SUCCESS_ROWS = ['host', 'live gateway token', 'port', 'route', 'secret agent_token', 'secret gateway_token', 'slot', 'url'];

/** What a life may have cost, and how it was told. */
export interface Allowed {
  /** Payments that succeeded. */
  readonly charges: number;
  /** In a long life two notices may bear one subject: mails are counted against the notices. */
  readonly longLife: boolean;
}
const ONE_PAYMENT: Allowed = { charges: 1, longLife: false };

/** What is wrong with the truth about an assistant that should run; empty = nothing. `answered` is the HTTP status of one real question. */
export function successViolations(truth: GroundTruth, instanceId: string, answered: number, allowed = ONE_PAYMENT): string[] {
  const name = `ck-${instanceId}`;
  const wanted = [`container ${name}`, `network ${name}`, `volume ${name}`, `volume ${name}-config`];
  return [
    ...same('on the host', truth.docker, wanted),
    ...same('in the database', truth.rows, SUCCESS_ROWS),
    ...(truth.status === 'running' ? [] : [`status is ${truth.status}`]),
    ...(truth.runningContainers === 1 ? [] : [`${truth.runningContainers} containers run`]),
    ...(answered === 200 ? [] : [`the assistant answers ${answered} through its route`]),
    ...(truth.openCheckouts === 0 ? [] : [`${truth.openCheckouts} checkouts are open beside a running assistant`]),
    ...moneyAndMails(truth, allowed),
    ...(truth.refundedCents === 0 ? [] : ['a running assistant was paid back']),
  ];
}

/** What is wrong where nothing may be left: after an undone provisioning (`failed`) or a teardown (`gone`). */
export function cleanViolations(truth: GroundTruth, status: 'failed' | 'gone', allowed = ONE_PAYMENT): string[] {
  return [
    ...same('on the host', truth.docker, []),
    ...same('in the database', truth.rows, []),
    ...(truth.status === status ? [] : [`status is ${truth.status}`]),
    ...(status === 'failed' && truth.refundedCents !== truth.chargedCents ? [`${truth.refundedCents} of ${truth.chargedCents} cents were paid back`] : []),
    ...(status === 'failed' && truth.liveSubscriptions > 0 ? ['the subscription goes on'] : []),
    ...(status === 'failed' && !Object.keys(truth.notices).some((notice) => notice.startsWith('provisioning_failed')) ? ['the customer was not told'] : []),
    ...(status === 'failed' && truth.refundedCents > 0 && !Object.keys(truth.notices).some((notice) => notice.startsWith('provisioning_failed_refunded')) ? ['the customer was not told of the refund'] : []),
    ...moneyAndMails(truth, allowed),
  ];
}

/** What is wrong after a subscription that was never paid again: something went on, or was charged, or the data were not kept for their owner. */
export function endedViolations(truth: GroundTruth): string[] {
  return [
    ...(truth.liveSubscriptions === 0 ? [] : ['the subscription goes on']),
    ...(truth.exports === 1 ? [] : [`${truth.exports} exports were made`]),
    ...(truth.refundedCents === 0 ? [] : ['an earlier period was paid back']),
  ];
}

function moneyAndMails(truth: GroundTruth, allowed: Allowed): string[] {
  const sent = Object.values(truth.notices).filter((state) => state === 'sent').length;
  const mails = Object.values(truth.mails).reduce((sum, count) => sum + count, 0);
  return [
    ...(truth.charges > allowed.charges ? [`charged ${truth.charges} times`] : []),
    ...(truth.refundedCents > truth.chargedCents ? ['more was paid back than paid'] : []),
    ...(truth.stripeCustomers <= 1 ? [] : [`${truth.stripeCustomers} customers at Stripe`]),
    ...(truth.liveSubscriptions > 1 ? [`${truth.liveSubscriptions} live subscriptions`] : []),
    ...(allowed.longLife ? (mails > sent ? [`${mails} mails came for ${sent} notices`] : []) : Object.entries(truth.mails).filter(([, count]) => count > 1).map(([subject, count]) => `mail "${subject}" came ${count} times`)),
    ...Object.entries(truth.notices).filter(([, state]) => state === 'failed').map(([notice]) => `notice ${notice} failed`),
  ];
}

function same(where: string, found: readonly string[], wanted: readonly string[]): string[] {
  const left = [...found];
  const missing = wanted.filter((one) => { const at = left.indexOf(one); if (at >= 0) left.splice(at, 1); return at < 0; });
  return [...left.map((one) => `${one} ${where} is left or double`), ...missing.map((one) => `${one} ${where} is missing`)];
}
