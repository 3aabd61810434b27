import Stripe from 'stripe';
import { startStripeEmulator, type StripeEmulator, type StripeEmulatorOptions } from '../emulator.js';

/** A Stripe to hold the contract against, by the official SDK only. */
export interface UnderTest {
  name: string;
  stripe: Stripe;
  emulator: StripeEmulator | undefined;
  close: () => Promise<void>;
}

/** An SDK client of an emulator. */
export function clientOf(emulator: StripeEmulator, key = 'sk_test_clawkeep_sandbox_emulator'): Stripe {
  return new Stripe(key, { host: '127.0.0.1', port: emulator.port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 });
}

/** A fresh emulator in memory with its client. */
export async function freshEmulator(options: Partial<StripeEmulatorOptions> = {}): Promise<UnderTest & { emulator: StripeEmulator; control: Control }> {
  const emulator = await startStripeEmulator({ port: 0, stateDir: null, autoTestClock: false, ...options });
  return { name: 'emulator', stripe: clientOf(emulator), emulator, close: () => emulator.close(), control: new Control(emulator.baseUrl) };
}

/** Real Stripe in test mode, when `STRIPE_TEST_KEY` is set. */
export function realStripe(): UnderTest | undefined {
  const key = process.env['STRIPE_TEST_KEY'];
  if (!key?.startsWith('sk_test_')) return undefined;
  return { name: 'Stripe test mode', stripe: new Stripe(key, { maxNetworkRetries: 2 }), emulator: undefined, close: () => Promise.resolve() };
}

/** The emulator's control API. */
export class Control {
  constructor(private readonly baseUrl: string) {}

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are read field by field in assertions
  async get(path: string): Promise<any> {
    const answer = await fetch(`${this.baseUrl}/_emulator${path}`);
    return await answer.json();
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are read field by field in assertions
  async post(path: string, body: Record<string, unknown> = {}): Promise<any> {
    const answer = await fetch(`${this.baseUrl}/_emulator${path}`, { method: 'POST', body: JSON.stringify(body) });
    return await answer.json();
  }
}

/** Waits for a named condition. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, timeoutMs = 25_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Advances a clock and waits until it is ready. */
export async function advance(stripe: Stripe, clock: string, to: number): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: to });
  await until('the test clock is ready', async () => (await stripe.testHelpers.testClocks.retrieve(clock)).status === 'ready', 120_000);
}

/** Seconds of a UTC time. */
export function at(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}
