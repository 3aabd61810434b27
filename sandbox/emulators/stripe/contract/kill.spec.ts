import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, until } from './under-test.js';

/** The real process, killed with SIGKILL while it writes. */
describe('kill -9', () => {
  let directory = '';
  let main = '';
  let hook: Server;
  let up = true;
  const heard = new Set<string>();
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'stripe-kill-'));
    main = join(directory, 'main.mjs');
    await build({ entryPoints: [fileURLToPath(new URL('../main.ts', import.meta.url))], bundle: true, platform: 'node', format: 'esm', outfile: main, logLevel: 'error' });
    hook = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        if (up) heard.add((JSON.parse(body) as Stripe.Event).id);
        response.writeHead(up ? 200 : 503).end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', () => resolve()));
  }, 60_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    hook.closeAllConnections();
    await new Promise((resolve) => hook.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (): Promise<{ child: ChildProcess; stripe: Stripe; baseUrl: string }> => {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'], STRIPE_EMULATOR_PORT: '0', STRIPE_EMULATOR_STATE_DIR: join(directory, 'state'), STRIPE_EMULATOR_WEBHOOK_DELAYS: '0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const baseUrl = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the emulator did not start')));
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const url = /http:\S+/.exec(text)?.[0];
        if (url) resolve(url);
      });
    });
    child.removeAllListeners('exit');
    return { child, baseUrl, stripe: clientOf({ port: Number(new URL(baseUrl).port), baseUrl, close: async () => undefined }) };
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };

  it('keeps every answered request whole, repeats none, and delivers what was queued', async () => {
    let { child, stripe, baseUrl } = await start();
    await stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, enabled_events: ['*'] });
    const price = await stripe.prices.create({ currency: 'usd', unit_amount: 2000, recurring: { interval: 'month' }, product_data: { name: 'Pro' } });
    const answered: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      let wave = true;
      const writers = Array.from({ length: 3 }, async (_, lane) => {
        for (let n = 0; wave; n += 1) {
          const key = `${round}-${lane}-${n}`;
          const made = await stripe.customers.create({ payment_method: 'pm_card_visa', invoice_settings: {}, metadata: { key } }, { idempotencyKey: `c-${key}` }).catch(() => undefined);
          if (!made) return;
          const methods = await stripe.customers.listPaymentMethods(made.id).catch(() => undefined);
          const bought = await stripe.subscriptions.create({ customer: made.id, items: [{ price: price.id }], default_payment_method: methods?.data[0]?.id ?? '' }, { idempotencyKey: `s-${key}` }).catch(() => undefined);
          if (bought) answered.push(bought.id);
        }
      });
      await until('some writes', () => answered.length >= (round + 1) * 5);
      up = round % 2 === 0;
      await kill(child);
      wave = false;
      await Promise.all(writers);
      ({ child, stripe, baseUrl } = await start());
    }
    up = true;
    const subscriptions = [];
    for await (const row of stripe.subscriptions.list({ status: 'all', limit: 100 })) subscriptions.push(row);
    const found = new Map(subscriptions.map((row) => [row.id, row]));
    for (const id of answered) expect(found.get(id)?.status).toBe('active');
    const charges = [];
    for await (const row of stripe.charges.list({ limit: 100 })) charges.push(row);
    // Every subscription has its one paid invoice and charge: nothing half done, nothing twice.
    expect(charges.length).toBe(subscriptions.length);
    expect(new Set(charges.map((row) => row.customer)).size).toBe(charges.length);
    const replay = await stripe.customers.create({ payment_method: 'pm_card_visa', invoice_settings: {}, metadata: { key: '0-0-0' } }, { idempotencyKey: 'c-0-0-0' });
    expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true');
    const pending = async (): Promise<number> => ((await (await fetch(`${baseUrl}/_emulator/pending`)).json()) as { undeliveredWebhooks: number }).undeliveredWebhooks;
    await until('all webhooks are delivered', async () => (await pending()) === 0, 30_000);
    const events = [];
    for await (const event of stripe.events.list({ limit: 100 })) events.push(event.id);
    const givenUp = new Set<string>();
    for await (const event of stripe.events.list({ delivery_success: false, limit: 100 })) givenUp.add(event.id);
    expect(events.filter((id) => !heard.has(id) && !givenUp.has(id))).toEqual([]);
    child.kill('SIGTERM');
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(0);
  }, 120_000);

  it('finishes the advance of a clock that it was killed in', async () => {
    let { child, stripe } = await start();
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 });
    const price = await stripe.prices.create({ currency: 'usd', unit_amount: 100, recurring: { interval: 'day' }, product_data: { name: 'Daily' } });
    const customer = await stripe.customers.create({ test_clock: clock.id });
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], default_payment_method: method.id });
    for (let day = 2; day <= 20; day += 2) {
      await until('the clock is ready', async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status === 'ready');
      await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_800_000_000 + day * 86_400 });
      if (day % 6 !== 0) continue;
      await kill(child);
      ({ child, stripe } = await start());
    }
    await until('the clock is ready', async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).frozen_time === 1_800_000_000 + 20 * 86_400);
    const starts = [];
    for await (const invoice of stripe.invoices.list({ customer: customer.id, limit: 100 })) starts.push(invoice.lines.data[0]?.period.start);
    expect(starts.length).toBe(21);
    expect(new Set(starts).size).toBe(21);
    await kill(child);
  }, 60_000);
});
