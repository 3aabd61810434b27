import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { freshEmulator, realStripe, type UnderTest } from './under-test.js';

const real = realStripe();

/** Registers tests twice: against a fresh emulator, and against Stripe's test mode when `STRIPE_TEST_KEY` is set (one skipped test says so otherwise). */
export function contract(name: string, tests: (stripe: () => Stripe) => void): void {
  describe(`${name} (emulator)`, { timeout: 30_000 }, () => {
    let target: UnderTest | undefined;
    beforeAll(async () => {
      target = await freshEmulator();
    });
    afterAll(() => target?.close());
    tests(() => {
      if (!target) throw new Error('the emulator is not up');
      return target.stripe;
    });
  });
  if (!real) {
    it.skip(`${name} (Stripe test mode): needs STRIPE_TEST_KEY`, () => undefined);
    return;
  }
  describe(`${name} (Stripe test mode)`, { timeout: 300_000 }, () => tests(() => real.stripe));
}

/** A name that no earlier run has used. */
export function unique(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
}

/** What an SDK call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call;
  } catch (error) {
    return error as Stripe.errors.StripeError;
  }
  throw new Error('the call was not refused');
}

/** A monthly price with its product. */
export async function monthly(stripe: Stripe, cents: number, recurring: Stripe.PriceCreateParams.Recurring = { interval: 'month' }): Promise<Stripe.Price> {
  return stripe.prices.create({ currency: 'usd', unit_amount: cents, recurring, product_data: { name: `plan ${cents}` } });
}

/** A customer on a fresh test clock, with a card as default. */
export async function clocked(stripe: Stripe, frozen: number, card: string | null = 'pm_card_visa'): Promise<{ customer: string; clock: string; method: string | null }> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: frozen });
  const customer = await stripe.customers.create({ test_clock: clock.id, email: 'ada@example.com' });
  if (card === null) return { customer: customer.id, clock: clock.id, method: null };
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  return { customer: customer.id, clock: clock.id, method: method.id };
}
