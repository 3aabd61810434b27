import { copy } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { accountSettings } from '../billing/account-settings.js';
import { businessDaysAfter, clearTimer, onTimer, setTimer } from '../billing/timers.js';
import { bankFailure, bankOf, debitDetails, wrongCurrency } from './banks.js';
import type { Decline } from './declines.js';
import { book } from './ledger.js';
import { afterwards, banks, declineFields, makeCharge, type Outcome, settled } from './pay.js';

/** Fee of a debit: 0.8 %, at most 5.00. */
const debitFee = (amount: number): number => Math.min(500, Math.round(amount * 0.008));

/** Told when a payment that took days is settled. Set by pages/checkout.ts, which knows the sessions that wait. */
export const settlement: { told: (world: World, intent: Row, paid: boolean) => void } = { told: () => undefined };

/** Debits a bank account: the money is on its way, and the outcome is known after some business days of the customer's clock. */
function debit(world: World, intent: Row, method: Row): Outcome {
  const bank = bankOf(method);
  const fits = bank.type === 'sepa_debit' ? intent.doc['currency'] === 'eur' : intent.doc['currency'] === 'usd';
  if (!fits) {
    const refused = makeCharge(world, intent, method, wrongCurrency, debitDetails(world, method));
    world.emit('charge.failed', refused);
    return failed(world, intent, method, refused, wrongCurrency);
  }
  const charge = makeCharge(world, intent, method, null, debitDetails(world, method));
  Object.assign(charge.doc, { status: 'pending', paid: false, captured: true, receipt_url: null });
  Object.assign(charge.doc['outcome'], { network_status: 'approved_by_network', risk_level: 'not_assessed', seller_message: 'Payment pending.' });
  delete charge.doc['outcome'].risk_score;
  world.emit('charge.pending', charge);
  world.update(intent, null, (doc) => {
    if (!(doc['payment_method_types'] as string[]).includes(bank.type)) doc['payment_method_types'] = [...(doc['payment_method_types'] as string[]), bank.type];
    Object.assign(doc, { status: 'processing', latest_charge: charge.id, payment_method: method.id, next_action: null, last_payment_error: null, processing: null });
  });
  world.emit('payment_intent.processing', intent);
  const days = accountSettings(world).settlementBusinessDays;
  if (bank.outcome !== 'never') setTimer(world, 'settle', intent, businessDaysAfter(world.now(intent.clock), days));
  return { result: 'processing', charge };
}

/** The bank's answer to a debit on its way: paid, or failed with a code. Throws when nothing is on its way. */
export function settle(world: World, intent: Row, outcome: 'succeeded' | 'failed', code?: string): void {
  const charge = world.get('charge', intent.doc['latest_charge'] as string | null);
  const method = world.get('payment_method', intent.doc['payment_method'] as string | null);
  if (intent.doc['status'] !== 'processing' || !charge || !method) throw invalid(`This PaymentIntent is ${String(intent.doc['status'])}: no payment of it is on its way.`, undefined, 'payment_intent_unexpected_state');
  const why = outcome === 'failed' ? bankFailure(code ?? 'insufficient_funds') : undefined;
  if (outcome === 'failed' && !why) throw invalid(`Unknown failure code: ${String(code)}.`, 'code');
  clearTimer(world, 'settle', intent);
  if (why) {
    world.update(charge, null, (doc) => {
      Object.assign(doc, { status: 'failed', paid: false, captured: false, amount_captured: 0, failure_code: why.code, failure_message: why.message });
      Object.assign(doc['outcome'], { network_status: 'declined_by_network', reason: why.code, seller_message: why.message, type: 'issuer_declined' });
    });
    world.emit('charge.failed', charge);
    failed(world, intent, method, charge, why);
    settlement.told(world, intent, false);
    return;
  }
  const amount = intent.doc['amount'] as number;
  const transaction = book(world, { type: 'payment', category: 'charge', amount, currency: intent.doc['currency'] as string, source: charge.id, fee: debitFee(amount), description: intent.doc['description'] as string | null });
  world.update(charge, null, (doc) => {
    Object.assign(doc, { status: 'succeeded', paid: true, balance_transaction: transaction.id, receipt_url: `${world.baseUrl}/receipts/${charge.id}` });
    Object.assign(doc['outcome'], { seller_message: 'Payment complete.' });
  });
  world.emit('charge.succeeded', charge);
  world.update(intent, null, (doc) => Object.assign(doc, { status: 'succeeded', amount_received: amount }));
  world.emit('payment_intent.succeeded', intent);
  settled.paid(world, intent);
  settlement.told(world, intent, true);
  if (bankOf(method).afterwards === 'dispute') afterwards.charged(world, charge, 'dispute_fraudulent');
}

banks.debit = debit;

function failed(world: World, intent: Row, method: Row, charge: Row, why: Decline): Outcome {
  world.update(intent, null, (doc) => {
    Object.assign(doc, { status: 'requires_payment_method', latest_charge: charge.id, payment_method: null, next_action: null });
    doc['last_payment_error'] = { ...declineFields(why, charge.id), payment_method: copy(method.doc), type: 'invalid_request_error' };
  });
  world.emit('payment_intent.payment_failed', intent);
  const outcome: Outcome = { result: 'declined', charge, decline: why };
  settled.failed(world, intent, outcome);
  return outcome;
}

onTimer('settle', (world, intent) => {
  const method = world.get('payment_method', intent.doc['payment_method'] as string | null);
  if (!method || intent.doc['status'] !== 'processing') return;
  const { outcome } = bankOf(method);
  if (outcome === 'succeeded') settle(world, intent, 'succeeded');
  else if (outcome !== 'never') settle(world, intent, 'failed', outcome.code);
});
