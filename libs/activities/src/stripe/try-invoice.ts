import Stripe from 'stripe';
import type { InvoiceTried } from '#workflows/ports/billing.port.js';
import { requireStripeCustomer, type BillingDeps } from './billing-deps.js';
import { bringAbout } from './effect.js';
import { refuse } from './failures.js';
import { idOf, lastFailureOf, openIntentIdsOf } from './snapshot.js';

/** What the invoice's metadata say of the last request to collect it: whose key it had, and which charge was the latest before it. */
const KEY_MARK = 'payKey';
const CHARGE_MARK = 'payAfterCharge';
const NO_CHARGE = 'none';

export interface InvoiceTry { customerId: string; invoiceId: string; key: string }

/**
 * Collects one invoice with the card on file, once per key. A decline, and money that is still on its way, are answers. The key is written to the
 * invoice before the attempt, together with the charge that was the latest then: so a lost answer is found again by what stands at Stripe, also when
 * Stripe has forgotten the idempotency key after 24 hours. Throws STRIPE_UNAVAILABLE where the outcome is open, STRIPE_REFUSED for another's invoice.
 */
export async function tryInvoice(deps: BillingDeps, input: InvoiceTry): Promise<InvoiceTried> {
  const { stripe } = deps;
  const before = await standingOf(deps, input);
  const known = outcomeOf(before, input.key);
  if (known !== null) return known;
  if (before.invoice.metadata?.[KEY_MARK] !== input.key) {
    await stripe.invoices.update(input.invoiceId, { metadata: { [KEY_MARK]: input.key, [CHARGE_MARK]: latestChargeOf(before) } });
  }
  try {
    return await bringAbout<InvoiceTried>({
      key: `${input.customerId}:${input.invoiceId}:pay:${input.key}`,
      find: async () => outcomeOf(await standingOf(deps, input), input.key),
      // Nobody sits before the screen for sure: a card that wants its holder's word is declined, and the holder is asked by mail.
      write: async (options) => tried(await standingAfter(deps, await stripe.invoices.pay(input.invoiceId, { off_session: true, expand: ['payments'] }, options))),
    });
  } catch (error) {
    const declined = declineOf(error);
    if (declined !== null) return declined;
    // "Already paid" and the like: somebody else was a moment earlier.
    const after = error instanceof Stripe.errors.StripeInvalidRequestError ? outcomeOf(await standingOf(deps, input), input.key) : null;
    if (after === null) throw error;
    return after;
  }
}

interface Standing { readonly invoice: Stripe.Invoice; readonly intent: Stripe.PaymentIntent | null }

async function standingOf(deps: BillingDeps, input: InvoiceTry): Promise<Standing> {
  const [owner, invoice] = await Promise.all([requireStripeCustomer(deps, input.customerId), deps.stripe.invoices.retrieve(input.invoiceId, { expand: ['payments'] })]);
  if (idOf(invoice.customer) !== owner) throw refuse('STRIPE_REFUSED', 'The invoice is not of this customer.');
  return standingAfter(deps, invoice);
}

async function standingAfter(deps: BillingDeps, invoice: Stripe.Invoice): Promise<Standing> {
  const [intentId] = invoice.status === 'open' ? openIntentIdsOf(invoice) : [];
  return { invoice, intent: intentId === undefined ? null : await deps.stripe.paymentIntents.retrieve(intentId) };
}

/** How the request with this key ended, as far as it can be seen; null = there was no attempt with it. */
function outcomeOf(standing: Standing, key: string): InvoiceTried | null {
  const { invoice, intent } = standing;
  const mine = invoice.metadata?.[KEY_MARK] === key;
  if (invoice.status === 'paid' && mine) return { outcome: 'paid', code: null, paymentMethodId: null };
  if (invoice.status !== 'open') return { outcome: 'not_open', code: null, paymentMethodId: null };
  if (intent?.status === 'processing') return tried(standing);
  return mine && latestChargeOf(standing) !== invoice.metadata?.[CHARGE_MARK] ? tried(standing) : null;
}

function tried({ invoice, intent }: Standing): InvoiceTried {
  if (invoice.status === 'paid') return { outcome: 'paid', code: null, paymentMethodId: null };
  if (intent?.status === 'processing') return { outcome: 'processing', code: null, paymentMethodId: idOf(intent.payment_method) };
  const failure = intent === null ? null : lastFailureOf(intent);
  return { outcome: 'declined', code: failure?.code ?? null, paymentMethodId: failure?.paymentMethodId ?? null };
}

const latestChargeOf = ({ intent }: Standing): string => idOf(intent?.latest_charge) ?? NO_CHARGE;

/** A refused card, a card that wants its holder, or no card at all: answers, not failures. */
function declineOf(error: unknown): InvoiceTried | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null;
  const paymentMethodId = error.payment_method?.id ?? idOf(error.payment_intent?.last_payment_error?.payment_method) ?? idOf(error.payment_intent?.payment_method);
  if (error instanceof Stripe.errors.StripeCardError) return { outcome: 'declined', code: error.decline_code ?? error.code ?? null, paymentMethodId };
  if (error.code === 'invoice_payment_intent_requires_action') return { outcome: 'declined', code: 'authentication_required', paymentMethodId };
  // Stripe's answer where neither invoice, subscription nor customer has a payment method.
  return error.code === 'missing' || error.code === 'resource_missing' && error.param === 'payment_method' ? { outcome: 'declined', code: 'missing', paymentMethodId: null } : null;
}
