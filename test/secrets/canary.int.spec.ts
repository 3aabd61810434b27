import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FaultPlan } from '#testing/fault-kit/fault-plan.js';
import { LifeRunner, PAID, FREE, type Life } from '#testing/fault-kit/lives.js';
import { startHarness, type Harness } from '#testing/harness/harness.js';
import { waitFor } from '#testing/harness/wait-for.js';
import { startTwilioEmulator, TEST_FROM, type TwilioEmulator } from '#sandbox/emulators/twilio/emulator.js';

const canary = (name: string): string => `canary-${name}-${randomBytes(12).toString('hex')}`;
const keyOf = (text: string): string => Buffer.from(text.padEnd(32, '.').slice(-32)).toString('base64');

/** One of its own for each class of secret, so that a find names its leak. */
const CANARIES: Record<string, string> = {
  providerKey: `sk-good-${canary('provider')}`,
  stripeKey: `sk_test_${canary('stripe')}`,
  webhookSecret: `whsec_${canary('webhook')}`,
  authSecret: canary('auth-secret-of-the-sessions'),
  smtpPassword: canary('smtp'),
  encryptionKey: keyOf(canary('kek')),
  codecKey: keyOf(canary('codec')),
  twilioToken: canary('twilio'),
};
const TWILIO_ACCOUNT = `AC${randomBytes(16).toString('hex')}`;
const PHONE = '+4915112345678';

/** The forms in which a secret may stand somewhere: as it is, and in the encodings that programs use by themselves. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Inside a longer text base64 depends on the offset: the part that does not is looked for, at each of the three.
  const shifted = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').slice(offset === 0 ? 0 : 4, -4));
  return [...new Set([secret, bytes.toString('hex'), bytes.toString('base64url'), encodeURIComponent(secret), ...shifted])].filter((form) => form.length >= 16);
}

describe.skipIf(inject('temporalAddress') === null)('secrets stay where they belong', () => {
  const plan = new FaultPlan();
  const logged: string[] = [];
  const secrets: Record<string, string> = { ...CANARIES };
  let harness: Harness;
  let twilio: TwilioEmulator;
  let lives: Life[] = [];
  /** Six digits, as they were sent to the phone. */
  let code = '';

  beforeAll(async () => {
    twilio = await startTwilioEmulator({ accountSid: TWILIO_ACCOUNT, authToken: CANARIES['twilioToken']! });
    harness = await startHarness({
      postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '', activityInterceptors: [plan.interceptor],
      logSink: { write: (line) => { logged.push(line); } },
      environment: {
        STRIPE_SECRET_KEY: CANARIES['stripeKey']!, STRIPE_WEBHOOK_SECRETS: CANARIES['webhookSecret']!, AUTH_SECRET: CANARIES['authSecret']!,
        TWILIO_ACCOUNT_SID: TWILIO_ACCOUNT, TWILIO_AUTH_TOKEN: CANARIES['twilioToken']!, TWILIO_API_URL: twilio.url, TWILIO_SMS_FROM: TEST_FROM,
        ENCRYPTION_KEYS: `c1:${CANARIES['encryptionKey']!}`, TEMPORAL_CODEC_KEYS: `c1:${CANARIES['codecKey']!}`,
      },
      smtpUser: { name: 'mailer', password: CANARIES['smtpPassword']! },
      providerKey: CANARIES['providerKey']!,
    });
    const runner = new LifeRunner(harness, plan);
    const well = await runner.begin(PAID);
    await givePhone(well);
    await runner.untilRunning(well);
    expect(await harness.ask(well)).toBe(200);
    const { rows } = await harness.pool.query<{ id: string; kind: string }>('SELECT id, kind FROM secret WHERE subject = $1', [well.instanceId]);
    for (const { id, kind } of rows) secrets[kind] = await harness.vault.get(id, well.customerId);
    await runner.cancelAndResume(well);
    // What goes wrong is told: in failures, logs and mails, where secrets like to slip in.
    const failing = await runner.begin(PAID, { breaks: true });
    await runner.untilRefunded(failing);
    const exhausted = await runner.begin(FREE, { prepare: () => harness.emulators.llm.control.plan({ kind: '500', count: 1 }) });
    await runner.untilProvisionEnds(exhausted);
    lives = [well, failing, exhausted];
  }, 180_000);
  afterAll(async () => {
    await harness.stop();
    await twilio.stop();
  });

  /** A phone that gets codes and notices; Twilio breaks down once, answers nothing once, and refuses a number: all of which is told. */
  async function givePhone({ customerId }: Life): Promise<void> {
    const { rows: [member] } = await harness.pool.query<{ user_id: string }>('SELECT user_id FROM member WHERE customer_id = $1', [customerId]);
    const userId = member!.user_id;
    const again = (): Promise<unknown> => harness.pool.query(`UPDATE phone_code SET sent_at = now() - interval '1 hour' WHERE user_id = $1`, [userId]);
    await harness.pool.query(`INSERT INTO phone_consent (user_id, phone, channel, consented_at, verified_at) VALUES ($1, $2, 'sms', now(), now())`, [userId, PHONE]);
    for (const kind of ['error-500-before', 'lost-answer']) {
      await fetch(`${twilio.url}/_emulator/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind, method: 'POST' }) });
      expect(await harness.phones!.codes.send(userId)).toMatchObject({ sent: false });
      await again();
    }
    expect(await harness.phones!.codes.send(userId)).toMatchObject({ sent: true });
    code = (await onPhone()).map(({ text }) => /\b\d{6}\b/.exec(text)?.[0]).findLast((digits) => digits !== undefined) ?? '';
  }

  const onPhone = async (): Promise<{ text: string }[]> => (await (await fetch(`${twilio.url}/_emulator/messages?to=${encodeURIComponent(PHONE)}`)).json()) as { text: string }[];
  /** Six digits are too few for the forms above: they must stand alone, for an id or a fraction of a second may hold any six. */
  const holdsCode = (text: string): boolean => new RegExp(`(?<![\\w.])${code}(?!\\w)`).test(text);

  /** Classes of which some form stands in the text. */
  const found = (where: string): string[] => Object.entries(secrets).filter(([, secret]) => formsOf(secret).some((form) => where.includes(form))).map(([name]) => name);

  it('has a canary of every class', () => {
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining([...Object.keys(CANARIES), 'agent_token', 'gateway_token']));
    expect(found(`x${Buffer.from(`..${secrets['agent_token']!}..`).toString('base64')}`)).toEqual(['agent_token']);
    expect(found(`?key=${encodeURIComponent(CANARIES['encryptionKey']!)}`)).toEqual(['encryptionKey']);
  });

  it('no history, as the server keeps it, has one; nor a word of a person or a failure', async () => {
    let events = 0;
    for (const { customerWorkflowId, provisionId, email, customerId } of lives) {
      for (const workflowId of [customerWorkflowId, provisionId]) {
        const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
        const text = historyToJSON(history);
        // Payloads are base64 in this JSON: their bytes are looked at, too.
        const bytes = [...text.matchAll(/"data": ?"([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64').toString('latin1')).join('\n');
        events += history.events?.length ?? 0;
        expect([...found(text), ...found(bytes)], workflowId).toEqual([]);
        expect(`${text}${bytes}`).not.toContain(email);
        expect(`${text}${bytes}`).not.toContain('planted by the fault kit');
        expect(text).toContain(customerId);
      }
    }
    expect(events).toBeGreaterThan(500);
  });

  it('no log line has one', () => {
    expect(logged.length).toBeGreaterThan(0);
    expect(found(logged.join('\n'))).toEqual([]);
  });

  it('a one-time code is on the phone, and nowhere else', async () => {
    expect(code).toMatch(/^\d{6}$/);
    expect((await onPhone()).some(({ text }) => holdsCode(text))).toBe(true);
    await waitFor('a notice on the phone, too', async () => ((await onPhone()).some(({ text }) => !/\b\d{6}\b/.test(text)) ? true : undefined));
    expect(found(JSON.stringify(await onPhone()))).toEqual([]);
    expect(holdsCode(logged.join('\n'))).toBe(false);
    expect(holdsCode(await (await fetch(`${harness.emulators.mail.url}/mails`)).text())).toBe(false);
    const { rows: [kept] } = await harness.pool.query<{ bytes: number; row: string }>('SELECT octet_length(code_hash) AS bytes, row_to_json(c)::text AS row FROM phone_code c');
    expect(kept?.bytes).toBe(32);
    expect([holdsCode(kept?.row ?? ''), found(kept?.row ?? '')]).toEqual([false, []]);
    for (const table of ['notice', 'notice_delivery', 'event', 'outbox', 'twilio_event', 'phone_consent']) {
      const { rows } = await harness.pool.query<{ row: string }>(`SELECT row_to_json(t)::text AS row FROM ${table} t`);
      expect([table, rows.filter(({ row }) => holdsCode(row))]).toEqual([table, []]);
    }
  });

  it('nobody who may inspect a container, network or volume reads one', async () => {
    const docker = `http://127.0.0.1:${harness.emulators.docker.port}`;
    const containers = await (await fetch(`${docker}/containers/json?all=1`)).json() as { Id: string }[];
    expect(containers.length).toBeGreaterThan(0);
    const inspected = await Promise.all([
      ...containers.map(({ Id }) => `/containers/${Id}/json`), ...containers.map(({ Id }) => `/containers/${Id}/logs?stdout=1&stderr=1`), '/networks', '/volumes', '/info',
    ].map(async (path) => (await fetch(`${docker}${path}`)).text()));
    expect(found(inspected.join('\n'))).toEqual([]);
  });

  it('no row of any table has one; the vault holds ciphertext', async () => {
    const { rows: tables } = await harness.pool.query<{ name: string }>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`);
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      const { rows } = await harness.pool.query<{ row: string }>(`SELECT row_to_json(t)::text AS row FROM "${name}" t`);
      const text = rows.map(({ row }) => row).join('\n');
      const bytes = [...text.matchAll(/"\\\\x([0-9a-f]+)"/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1')).join('\n');
      expect([...found(text), ...found(bytes)], `table ${name}`).toEqual([]);
    }
    expect((await harness.pool.query('SELECT 1 FROM secret')).rowCount).toBeGreaterThan(3);
  });

  it('no mail, no export, and no address that was called has one', async () => {
    const mails = await (await fetch(`${harness.emulators.mail.url}/mails`)).text();
    expect(mails.length).toBeGreaterThan(500);
    expect(found(mails)).toEqual([]);
    expect(found(readdirSync(harness.stateDir).join('\n'))).toEqual([]);
    expect(found(JSON.stringify(harness.emulators.llm.control.report().requests.map(({ path }) => path)))).toEqual([]);
    expect(found(JSON.stringify(lives.flatMap(({ provisionId }) => plan.steps(provisionId))))).toEqual([]);
  });
});
