import { createServer, type Server } from 'node:net';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cleanViolations, successViolations } from '#testing/fault-kit/oracle.js';
import { waitFor } from '#testing/harness/wait-for.js';
import { Refused } from './browser.js';
import { dockerOf, dockerThings, leftovers, ledgerOf } from './clean-slate.js';
import { FREE, PRO, TEAM, type LifeClient, type Offer } from './life-client.js';
import { startTestStack, type Known, type TestStack } from './test-stack.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LIFE_MS = 180_000;
const TEAM_CENTS = 7_900;
const PRO_CENTS = 2_900;
/** Few on purpose: a test can take all of them. */
const HOST_PORTS = 6;

let world: TestStack;
const firstPort = randomInt(12_000, 31_000);

beforeAll(async () => { world = await startTestStack({ hostPorts: [firstPort, firstPort + HOST_PORTS - 1] }); }, 180_000);
afterAll(async () => { await world?.stop(); }, 60_000);
afterEach(({ task }) => { if (task.result?.state === 'fail') process.stdout.write(`${world.logs()}\n`); });

async function tarNames(tar: Buffer): Promise<string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.on('entry', (header, stream, next) => { names.push(header.name); stream.on('end', next); stream.resume(); });
  const read = new Promise<void>((resolve, reject) => { reader.on('finish', resolve); reader.on('error', reject); });
  reader.end(tar);
  await read;
  return names;
}

async function knownOf(person: LifeClient, instanceId: string): Promise<Known> {
  return { customerId: (await person.customer()).id, instanceId, email: person.email };
}

/** Stop, start and restart, each seen at Docker itself. */
async function turnOffAndOn(person: LifeClient, id: string): Promise<void> {
  const container = dockerOf(world.stack).getContainer(`ck-${id}`);
  const { State: { StartedAt: first } } = await container.inspect();
  await person.act(id, 'stop');
  await person.untilInstance(id, 'stopped');
  expect((await container.inspect()).State.Running).toBe(false);
  await expect(person.chat(id)).rejects.toMatchObject({ status: 409, code: 'INSTANCE_NOT_RUNNING' });
  await person.act(id, 'start');
  await person.untilInstance(id, 'running');
  const { State: { StartedAt: second, Running } } = await container.inspect();
  expect(Running).toBe(true);
  expect(second).not.toBe(first);
  await person.act(id, 'restart');
  await waitFor('the container started anew', async () => ((await container.inspect()).State.StartedAt !== second ? true : undefined));
  await person.untilInstance(id, 'running');
  expect((await person.chat(id)).answer).not.toBe('');
}

describe('the whole life by the API, on real processes', () => {
  it('Free: signs up, gives a key, runs, chats, is turned off and on, is removed with an export, and nothing is left', async () => {
    const person = world.visitor();
    await person.signUp();
    for (const [key, verdict] of [['sk-bad-0123456789', 'bad'], ['sk-exhausted-0123456789', 'exhausted'], ['sk-good-0123456789', 'good']] as const) {
      expect((await person.testKey(key)).verdict).toBe(verdict);
    }
    await expect(person.createInstance(FREE)).rejects.toMatchObject({ status: 409, code: 'PROVIDER_KEY_MISSING' });
    await person.addKey();
    const wished = await person.createInstance(FREE, { name: 'Claw' });
    expect(wished.next).toBeNull();
    expect((await person.createInstance(FREE, { name: 'Claw' })).id).toBe(wished.id);
    await person.untilInstance(wished.id, 'running');
    // It can be used while the last step, the mail, is still under way.
    await waitFor('every step is done', async () => ((await person.instance(wished.id)).steps.every(({ state }) => state === 'done') ? true : undefined));
    const known = await knownOf(person, wished.id);
    expect((await person.customer()).stage).toBe('active');
    const { answer, conversationId } = await person.chat(wished.id);
    expect(answer).not.toBe('');
    expect(conversationId).not.toBe('');
    expect(successViolations(await world.truth(known), wished.id, 200)).toEqual([]);
    await turnOffAndOn(person, wished.id);

    await person.remove(wished.id);
    await person.untilInstance(wished.id, 'gone');
    const [kept] = await person.exports();
    expect(await tarNames(await person.download(kept!))).not.toEqual([]);
    expect(cleanViolations(await world.truth(known), 'gone')).toEqual([]);
  }, LIFE_MS);

  /** From sign-up to torn down, with the oracles of success, of the end and of the clean slate on the way. */
  async function paidLife(offer: Offer, whenRunning: (person: LifeClient, known: Known) => Promise<void>): Promise<{ known: Known }> {
    const person = world.visitor();
    await person.signUp();
    await person.addKey();
    const wished = await person.createInstance(offer);
    expect(wished).toMatchObject({ next: 'checkout', status: 'awaiting_payment' });
    const { checkoutSessionId, checkoutUrl } = await person.checkout(offer, wished.id);
    expect(new URL(checkoutUrl).pathname).not.toBe('/');
    expect(await person.pay(checkoutSessionId)).toMatchObject({ status: 'complete' });
    await person.untilInstance(wished.id, 'running');
    const known = await knownOf(person, wished.id);
    expect((await person.chat(wished.id)).answer).not.toBe('');
    expect(successViolations(await world.truth(known), wished.id, 200)).toEqual([]);
    await whenRunning(person, known);

    await person.cancel();
    const canceling = await person.untilCustomer('canceling', ({ overlays }) => overlays.includes('canceling'));
    expect((await person.instance(wished.id)).status).toBe('running');
    const endMs = Date.parse(canceling.currentPeriodEndsAt ?? canceling.trialEndsAt ?? '');
    await person.clockTo(known.customerId, endMs + 2 * HOUR_MS);
    await person.untilCustomer('ended', ({ stage }) => stage === 'ended');
    const offered = await waitFor('an export is offered', async () => (await person.exports())[0]);
    expect(await tarNames(await person.download(offered))).not.toEqual([]);
    expect((await dockerThings(world.stack)).filter((thing) => thing.includes(wished.id) && thing.endsWith('(running)'))).toEqual([]);
    expect((await dockerThings(world.stack)).filter((thing) => thing.startsWith('volume') && thing.includes(wished.id))).not.toEqual([]);

    await person.clockTo(known.customerId, endMs + 2 * HOUR_MS + 8 * DAY_MS);
    await person.untilCustomer('torn down', ({ stage }) => stage === 'torn_down');
    await person.untilInstance(wished.id, 'gone');
    await person.quiet();
    expect(cleanViolations(await world.truth(known), 'gone')).toEqual([]);
    expect(await tarNames(await person.download((await person.exports())[0]!))).not.toEqual([]);
    return { known };
  }

  it('Pro: a trial that is canceled costs nothing', async () => {
    const { known } = await paidLife(PRO, async (person) => {
      expect((await person.customer()).stage).toBe('trialing');
      expect((await ledgerOf(world.stack)).charges).toEqual([]);
      await turnOffAndOn(person, (await person.browser.get<{ data: { id: string }[] }>('/api/v1/instances')).data[0]!.id);
    });
    expect(await world.truth(known)).toMatchObject({ charges: 0, refundedCents: 0, liveSubscriptions: 0 });
  }, LIFE_MS);

  it('Pro: a trial that goes on is charged once, and a cancel ends at the end of the paid month', async () => {
    const { known } = await paidLife(PRO, async (person, { customerId }) => {
      const { trialEndsAt } = await person.customer();
      await person.clockTo(customerId, Date.parse(trialEndsAt!) + 2 * HOUR_MS);
      await person.untilCustomer('active', ({ stage }) => stage === 'active');
      expect((await world.truth({ customerId, email: person.email, instanceId: (await person.browser.get<{ data: { id: string }[] }>('/api/v1/instances')).data[0]!.id })).chargedCents).toBe(PRO_CENTS);
    });
    expect(await world.truth(known)).toMatchObject({ charges: 1, chargedCents: PRO_CENTS, refundedCents: 0, liveSubscriptions: 0 });
  }, LIFE_MS);

  it('Team: declined cards are said so and reserve no second place; the good one is charged once', async () => {
    const person = world.visitor();
    await person.signUp();
    await person.addKey();
    const { id } = await person.createInstance(TEAM);
    const { checkoutSessionId } = await person.checkout(TEAM, id);
    for (const [card, declineCode] of [['4000000000000002', 'generic_decline'], ['4000000000009995', 'insufficient_funds'], ['4000000000009987', 'lost_card']] as const) {
      const answer = await person.pay(checkoutSessionId, card);
      expect(answer).toMatchObject({ status: 'declined', error: { code: 'card_declined', declineCode } });
    }
    expect(await person.pay(checkoutSessionId, '4000002500003155', { authenticate: false })).toMatchObject({ status: 'requires_action' });
    await person.quiet();
    const known = await knownOf(person, id);
    expect(await world.truth(known)).toMatchObject({ status: 'awaiting_payment', docker: [], charges: 0 });
    expect((await person.customer()).stage).toBe('prospect');
    expect(await person.pay(checkoutSessionId)).toMatchObject({ status: 'complete' });
    await person.untilInstance(id, 'running');
    expect(successViolations(await world.truth(known), id, 200)).toEqual([]);
    await expect(person.checkout(TEAM, id)).rejects.toBeInstanceOf(Refused);
    await person.remove(id);
    await person.untilInstance(id, 'gone');
    await person.quiet();
    const truth = await world.truth(known);
    expect(cleanViolations(truth, 'gone')).toEqual([]);
    expect(truth).toMatchObject({ charges: 1, chargedCents: TEAM_CENTS });
  }, LIFE_MS);

  it('a provisioning that fails for good after payment is undone, refunded in full and told', async () => {
    const person = world.visitor();
    await person.signUp();
    await person.addKey();
    const { id } = await person.createInstance(TEAM);
    const { checkoutSessionId } = await person.checkout(TEAM, id);
    // A program that is not ours sits on every port of the host.
    const squatters = await Promise.all(Array.from({ length: HOST_PORTS }, (_, index) => listen(firstPort + index)));
    try {
      await person.pay(checkoutSessionId);
      const failed = await person.untilInstance(id, 'failed');
      expect(failed.statusReason).toMatch(/start_container|port/);
      const known = await knownOf(person, id);
      await waitFor('the money is back', async () => ((await world.truth(known)).refundedCents === TEAM_CENTS ? true : undefined));
      await waitFor('the mail', async () => ((await person.mails()).some(({ subject }) => subject.includes('your money is on its way back')) ? true : undefined));
      await person.quiet();
      const truth = await world.truth(known);
      expect(cleanViolations(truth, 'failed')).toEqual([]);
      expect(truth).toMatchObject({ charges: 1, chargedCents: TEAM_CENTS, refundedCents: TEAM_CENTS, liveSubscriptions: 0 });
      expect((await person.subscription()).subscription?.status).toBe('canceled');
    } finally {
      await Promise.all(squatters.map((server) => new Promise((resolve) => server.close(resolve))));
    }
  }, LIFE_MS);

  it('keeps a session\'s cookie out of every log and table', async () => {
    const person = world.visitor();
    await person.signUp();
    await person.customer();
    const [cookie = ''] = person.browser.cookies.filter((value) => value.length > 40).map(decodeURIComponent);
    const token = cookie.split('.')[0] ?? '';
    expect(token.length).toBeGreaterThan(20);
    const logs = readdirSync(join(world.stack.stateDir, 'logs')).map((file) => readFileSync(join(world.stack.stateDir, 'logs', file), 'utf8')).join('\n');
    expect(logs).toContain('request completed');
    expect(logs).not.toContain(token);
    const { rows: tables } = await world.pool.query<{ name: string }>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`);
    expect(tables.map(({ name }) => name)).toContain('session');
    for (const { name } of tables) {
      const { rows } = await world.pool.query<{ row: string }>(`SELECT row_to_json(t)::text AS row FROM "${name}" t`);
      const text = rows.map(({ row }) => row).join('\n');
      if (name === 'session') expect(text).toContain(token);
      // better-auth keeps the token; without its signature, which is made with a secret that no table has, it opens nothing.
      expect(text.includes(name === 'session' ? cookie : token), `table ${name}`).toBe(false);
    }
  }, LIFE_MS);

  it('leaves a clean slate: no container, network, volume, slot, port, route or live token of anybody', async () => {
    await world.visitor().quiet();
    expect(await leftovers(world)).toEqual([]);
    const { totals, charges } = await ledgerOf(world.stack);
    expect(charges.filter(({ status }) => status === 'succeeded')).toHaveLength(3);
    expect(totals).toEqual({ chargedCents: PRO_CENTS + 2 * TEAM_CENTS, refundedCents: TEAM_CENTS, netCents: PRO_CENTS + TEAM_CENTS });
  });
});

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
