import type { GroundTruth } from '#testing/harness/ground-truth.js';
import { cleanViolations, successViolations } from '#testing/fault-kit/oracle.js';
import { waitFor } from '#testing/harness/wait-for.js';
import { TEAM, type LifeClient } from '../life/life-client.js';
import type { Known, TestStack } from '../life/test-stack.js';
import { killAt, type Kill, type Victim } from './killer.js';
import type { Moment, Phase } from './moments.js';

export const ENDINGS = ['removed', 'canceled'] as const;
export type Ending = (typeof ENDINGS)[number];

export interface Point { readonly victim: Victim; readonly moment: Moment; readonly ending: Ending }
export interface LivedLife {
  readonly known: Known;
  /** What is wrong with the truth of the running and of the removed assistant. */
  readonly violations: readonly string[];
  /** The truth without ids and dates, to be held against a life in which nothing was killed. */
  readonly running: unknown;
  readonly gone: unknown;
  readonly kill: Kill | null;
  /** From the kill until the phase in which it came had reached its end. */
  readonly settledSeconds: number | null;
}

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 90_000;
/** Mails about the account: who asks twice, gets two, and what was lost with a process is asked for anew. */
const ACCOUNT_MAILS = ['Confirm your e-mail address', 'You have an account already'];

/** One whole life of a customer of the Team plan, who sends again what nobody answered; at the point's moment its process is killed. */
export async function liveOnce(world: TestStack, ending: Ending, point: Point | null): Promise<LivedLife> {
  const person = world.visitor(undefined, { patienceMs: PATIENCE_MS });
  let kill: Kill | null = null;
  let settledSeconds: number | null = null;
  const during = async <T>(phase: Phase, work: () => Promise<T>): Promise<T> => {
    if (point?.moment.phase !== phase) return work();
    const over = new AbortController();
    let endedAtMs = 0;
    const [result, killed] = await Promise.all([
      work().finally(() => { endedAtMs = performance.now(); over.abort(); }),
      killAt(world.stack, point.victim, point.moment, { person, pool: world.pool }, over.signal),
    ]);
    kill = killed;
    settledSeconds = Math.max(0, endedAtMs - killed.killedAtMs) / 1000;
    return result;
  };

  const { instanceId, checkoutSessionId } = await during('checkout', async () => {
    await person.signUp();
    await person.addKey();
    const { id } = await person.createInstance(TEAM);
    return person.checkout(TEAM, id);
  });
  await during('provisioning', async () => {
    await person.pay(checkoutSessionId);
    await person.untilInstance(instanceId, 'running');
    await waitFor('every step is done', async () => ((await person.instance(instanceId)).steps.every(({ state }) => state === 'done') ? true : undefined));
  });
  const { answer } = await person.chat(instanceId);
  const known = { customerId: (await person.customer()).id, instanceId, email: person.email };
  await person.quiet();
  const running = await truthOf(world, person, known);

  await during('teardown', () => (ending === 'removed' ? remove(person, instanceId) : cancelAndWait(person, known)));
  await person.quiet();
  const gone = await truthOf(world, person, known);
  return {
    known, kill, settledSeconds, running: comparable(running, instanceId), gone: comparable(gone, instanceId),
    violations: [
      ...successViolations(running, instanceId, answer === '' ? 0 : 200), ...cleanViolations(gone, 'gone').map((violation) => `after teardown: ${violation}`),
      ...(running.charges === 1 && gone.charges === 1 ? [] : [`charged ${gone.charges} times`]), ...(running.liveSubscriptions === 1 ? [] : [`${running.liveSubscriptions} live subscriptions while it ran`]),
      ...(gone.refundedCents === 0 ? [] : ['paid back']),
    ],
  };
}

async function remove(person: LifeClient, instanceId: string): Promise<void> {
  await person.remove(instanceId);
  await person.untilInstance(instanceId, 'gone');
}

/** To the end of the paid month, and the week after it in which the data is kept. */
async function cancelAndWait(person: LifeClient, { customerId, instanceId }: Known): Promise<void> {
  await person.cancel();
  const { currentPeriodEndsAt } = await person.untilCustomer('canceling', ({ overlays }) => overlays.includes('canceling'));
  const endMs = Date.parse(currentPeriodEndsAt!) + 2 * HOUR_MS;
  await person.clockTo(customerId, endMs);
  await person.untilCustomer('ended', ({ stage }) => stage === 'ended');
  await person.clockTo(customerId, endMs + 8 * 24 * HOUR_MS);
  await person.untilCustomer('torn down', ({ stage }) => stage === 'torn_down');
  await person.untilInstance(instanceId, 'gone');
}

/**
 * The truth, with one mail for each Message-ID: a worker that is killed between the mail server's yes and its own note of it sends the very
 * same mail again, as any sender by SMTP must.
 */
async function truthOf(world: TestStack, person: LifeClient, known: Known): Promise<GroundTruth> {
  const truth = await world.truth(known);
  const mails: Record<string, number> = {};
  const seen = new Set<string>();
  for (const { messageId, subject } of await person.mails()) {
    if (ACCOUNT_MAILS.includes(subject) || (messageId !== null && seen.has(messageId))) continue;
    if (messageId !== null) seen.add(messageId);
    mails[subject] = (mails[subject] ?? 0) + 1;
  }
  return { ...truth, mails };
}

function comparable(truth: GroundTruth, instanceId: string): unknown {
  const { mails, notices, statusReason: _why, docker, ...figures } = truth;
  return {
    ...figures,
    docker: docker.map((thing) => thing.replaceAll(instanceId, '‹instance›')).sort(),
    mails: Object.entries(mails).map(([subject, count]) => `${subject.replace(/ on [A-Z].*$/, ' on ‹date›')} × ${count}`).sort(),
    notices: Object.entries(notices).map(([notice, state]) => `${notice.split(' ')[0] ?? ''}: ${state}`).sort(),
  };
}
