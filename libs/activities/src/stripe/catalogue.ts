import type Stripe from 'stripe';
import type { Catalogue, Plan, PlanPrice } from '#domain/plan/plan.types.js';
import { bringAbout } from './effect.js';
import { isMissing, isTaken } from './failures.js';

/**
 * Brings every priced plan of the catalogue to Stripe: one product a plan (our id), one active price a `lookup_key`. Safe to repeat and to run
 * on several workers at once. A price whose amount changed becomes a new Stripe price that takes the lookup key over; who has the old one keeps it.
 */
export async function syncCatalogue(stripe: Stripe, catalogue: Catalogue): Promise<void> {
  for (const plan of catalogue.plans) {
    for (const price of plan.prices) await ensurePrice(stripe, plan, price);
  }
}

/** The Stripe id of one of our prices; makes product and price where they are missing. */
export async function ensurePrice(stripe: Stripe, plan: Plan, price: PlanPrice): Promise<string> {
  const found = await findPrice(stripe, price);
  if (found !== null) return found.id;
  await ensureProduct(stripe, plan);
  const shape = [price.id, price.amountCents, price.currency, price.interval, price.intervalCount].join(':');
  const written = await bringAbout<Stripe.Price>({
    key: `catalogue:price:${shape}`,
    find: () => findPrice(stripe, price),
    write: (options) => stripe.prices.create({
      product: productId(plan), currency: price.currency, unit_amount: price.amountCents,
      recurring: { interval: price.interval, interval_count: price.intervalCount },
      lookup_key: price.id, transfer_lookup_key: true, metadata: { planId: plan.id, priceId: price.id },
    }, options),
  });
  return written.id;
}

/** The active price under our lookup key, if it is what the catalogue says; null = none such. */
async function findPrice(stripe: Stripe, price: PlanPrice): Promise<Stripe.Price | null> {
  const { data } = await stripe.prices.list({ lookup_keys: [price.id], active: true, limit: 1 });
  const found = data[0];
  const same = found !== undefined && found.unit_amount === price.amountCents && found.currency === price.currency
    && found.recurring?.interval === price.interval && found.recurring.interval_count === price.intervalCount;
  return same ? found : null;
}

async function ensureProduct(stripe: Stripe, plan: Plan): Promise<void> {
  const find = async (): Promise<Stripe.Product | null> => {
    try {
      return await stripe.products.retrieve(productId(plan));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };
  const product = await bringAbout<Stripe.Product>({
    key: `catalogue:product:${productId(plan)}`, find,
    write: async (options) => {
      try {
        return await stripe.products.create({ id: productId(plan), name: plan.name, metadata: { planId: plan.id } }, options);
      } catch (error) {
        // Another worker was a moment earlier.
        const there = isTaken(error) ? await find() : null;
        if (there === null) throw error;
        return there;
      }
    },
  });
  if (product.name !== plan.name || !product.active) await stripe.products.update(product.id, { name: plan.name, active: true });
}

const productId = (plan: Plan): string => `clawkeep_${plan.id}`;
