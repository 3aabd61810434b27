import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Doc } from '../engine/doc.js';
import { StripeFault } from '../engine/errors.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { collect } from '../billing/collect.js';
import { updateSubscription } from '../billing/update.js';
import { cancelSubscription } from '../billing/cancel.js';
import { authenticate } from '../resources/intents.js';
import { lineItems } from '../resources/checkout-sessions.js';
import { attach, createCardMethod, readCard } from '../resources/payment-methods.js';
import { type PayForm, paySession, readExpiry } from './checkout.js';
import { pdf } from './pdf.js';
import { alert, cardFields, date, document, escape, money } from './html.js';

/** What the hosted pages act on. */
export interface PagesHost {
  world: World;
  transact: (run: () => void) => void;
}

/** The pages that Stripe hosts: Checkout, the bank's authentication, the customer portal, invoices and receipts. They work without JavaScript. */
export class Pages {
  constructor(private readonly host: PagesHost) {}

  serves(path: string): boolean {
    return /^\/(c\/pay|3ds|p\/session|i|receipts)\//.test(path);
  }

  handle(request: IncomingMessage, response: ServerResponse, url: URL, body: string): void {
    const html = (text: string, status = 200): void => {
      response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'" });
      response.end(text);
    };
    const go = (to: string): void => void response.writeHead(303, { Location: to }).end();
    const form = request.method === 'POST' ? new URLSearchParams(body) : undefined;
    const [, first = '', second = '', third = '', fourth = ''] = url.pathname.split('/');
    if (first === 'c') this.checkout(third, form, fourth, html, go);
    else if (first === '3ds') this.bank(second, form, html, go);
    else if (first === 'p') this.portal(third, form, html, go);
    else if (first === 'i' && fourth === 'pdf') this.invoicePdf(third, response, html);
    else if (first === 'i') this.invoice(third, form, html, go);
    else this.receipt(second, html);
  }

  private checkout(id: string, form: URLSearchParams | undefined, part: string, html: (text: string, status?: number) => void, go: (to: string) => void): void {
    const { world } = this.host;
    const session = world.get('checkout.session', id);
    if (!session) return html(document('Not found', '<h1>This page does not exist</h1><p>The link may be incomplete.</p>'), 404);
    const success = String(session.doc['success_url']).replaceAll('{CHECKOUT_SESSION_ID}', session.id);
    if (session.doc['status'] === 'complete') return html(document('Paid', `<h1>You are all done here</h1><p>This checkout has been completed.</p><a class="button" href="${escape(success)}">Return</a>`));
    if (session.doc['status'] === 'expired') {
      const back = session.doc['cancel_url'] ? `<a class="button" href="${escape(session.doc['cancel_url'])}">Back</a>` : '';
      return html(document('Expired', `<h1>This checkout has expired</h1><p>Nothing was charged. Start again from where you came.</p>${back}`), 410);
    }
    if (!form) return html(part === 'bank' ? bankPage(`/c/pay/${id}/bank`) : payPage(world, session));
    let pay: PayForm = { card: form.get('card') ?? undefined, account: form.get('account') ?? undefined, expiry: form.get('expiry') ?? undefined, email: form.get('email') ?? undefined, name: form.get('name') ?? undefined, promotionCode: form.get('promotion') ?? undefined };
    if (part === 'bank') {
      const waiting = session.hidden['waiting'] as PayForm | undefined;
      if (!waiting) return go(`/c/pay/${id}`);
      if (form.get('answer') !== 'pass') return html(payPage(world, session, 'We are unable to authenticate your payment method. Please choose a different payment method and try again.'), 402);
      pay = { ...waiting, authenticated: true };
    }
    if (pay.promotionCode === '') delete pay.promotionCode;
    if (pay.email === '') delete pay.email;
    let answer: ReturnType<typeof paySession> | undefined;
    this.host.transact(() => {
      answer = paySession(world, session, pay);
    });
    if (answer?.status === 'complete') return go(success);
    if (answer?.status === 'requires_action') return go(`/c/pay/${id}/bank`);
    html(payPage(world, session, String(answer?.error['message'] ?? 'Your card was declined.')), 402);
  }

  private bank(id: string, form: URLSearchParams | undefined, html: (text: string, status?: number) => void, go: (to: string) => void): void {
    const { world } = this.host;
    const intent = world.get('payment_intent', id) ?? world.get('setup_intent', id);
    if (!intent) return html(document('Not found', '<h1>This page does not exist</h1>'), 404);
    if (!form) return html(intent.doc['status'] === 'requires_action' ? bankPage(`/3ds/${id}`) : document('Done', '<h1>Nothing is left to confirm</h1>'));
    let answer = { returnUrl: null as string | null, status: '' };
    this.host.transact(() => {
      answer = authenticate(world, id, form.get('answer') === 'pass');
    });
    if (!answer.returnUrl) return html(document('Done', `<h1>Back to the merchant</h1><p>The payment is now: <strong>${escape(answer.status)}</strong>.</p>`));
    const to = new URL(answer.returnUrl);
    to.searchParams.set(intent.kind, id);
    to.searchParams.set(`${intent.kind}_client_secret`, String(intent.doc['client_secret']));
    to.searchParams.set('redirect_status', ['succeeded'].includes(answer.status) ? 'succeeded' : 'failed');
    go(to.toString());
  }

  private portal(secret: string, form: URLSearchParams | undefined, html: (text: string, status?: number) => void, go: (to: string) => void): void {
    const { world } = this.host;
    const session = world.store.by('billing_portal.session', 'secret', secret)[0];
    const customer = session && world.get('customer', session.doc['customer'] as string);
    if (!session || !customer || customer.doc['deleted'] === true) return html(document('Not found', '<h1>This link is no longer valid</h1>'), 404);
    const flow = session.doc['flow'] as Doc | null;
    const page = flow?.['type'] === 'payment_method_update' ? cardUpdatePage : portalPage;
    if (!form) return html(page(world, session, customer));
    try {
      this.host.transact(() => portalAction(world, customer, form));
    } catch (error) {
      if (!(error instanceof StripeFault)) throw error;
      return html(page(world, session, customer, error.message), 402);
    }
    if (flow?.['type'] === 'payment_method_update' && form.get('action') === 'card') {
      const after = flow['after_completion'] as Doc;
      if (after['type'] === 'redirect') return go(String(after['redirect'].return_url));
      const back = session.doc['return_url'] ? `<a class="button" href="${escape(session.doc['return_url'])}">Return</a>` : '';
      if (after['type'] === 'hosted_confirmation') return html(document('Saved', `<h1>Your card is saved</h1><p>${escape((after['hosted_confirmation'] as Doc | null)?.['custom_message'] ?? 'It will be used for what you pay from now on.')}</p>${back}`));
    }
    go(`/p/session/${secret}`);
  }

  private invoice(token: string, form: URLSearchParams | undefined, html: (text: string, status?: number) => void, go: (to: string) => void): void {
    const { world } = this.host;
    const [invoice] = world.store.by('invoice', 'page', token);
    if (!invoice) return html(document('Not found', '<h1>This invoice does not exist</h1>'), 404);
    if (!form) return html(invoicePage(invoice));
    let message: string | undefined;
    try {
      this.host.transact(() => {
        const customer = world.needCustomer(invoice.doc['customer'] as string);
        const method = createCardMethod(world, readCard(form.get('card') ?? '', 'card'), readExpiry(form.get('expiry') ?? undefined));
        const outcome = collect(world, invoice, { method, offSession: false, automatic: false, authenticated: true });
        if (outcome?.result === 'declined') message = outcome.decline.message;
        else attach(world, method, customer);
      });
    } catch (error) {
      if (!(error instanceof StripeFault)) throw error;
      message = error.message;
    }
    if (message) html(invoicePage(invoice, message), 402);
    else go(`/i/acct_sandbox/${token}`);
  }

  private invoicePdf(token: string, response: ServerResponse, html: (text: string, status?: number) => void): void {
    const [invoice] = this.host.world.store.by('invoice', 'page', token);
    if (!invoice) return html(document('Not found', '<h1>This invoice does not exist</h1>'), 404);
    const { number, status, currency, total, created } = invoice.doc as { number: string; status: string; currency: string; total: number; created: number };
    const lines = (invoice.doc['lines'].data as Doc[]).map((line) => `${money(line['amount'] as number, currency)}   ${String(line['description'])}`);
    const bytes = pdf([`Invoice ${number}`, date(created), `Status: ${status}`, '', ...lines, '', `Total ${money(total, currency)}`, '', 'Sandbox: no money has moved.']);
    response.writeHead(200, { 'Content-Type': 'application/pdf', 'Content-Length': bytes.length, 'Content-Disposition': `attachment; filename="Invoice-${number}.pdf"` }).end(bytes);
  }

  private receipt(id: string, html: (text: string, status?: number) => void): void {
    const charge = this.host.world.get('charge', id);
    if (!charge) return html(document('Not found', '<h1>This receipt does not exist</h1>'), 404);
    const { amount, currency, created } = charge.doc as { amount: number; currency: string; created: number };
    html(document('Receipt', `<h1>Receipt</h1><div class="card"><div class="row"><span>Paid</span><strong>${money(amount, currency)}</strong></div><div class="row"><span>On</span><span>${date(created)}</span></div><div class="row"><span>Charge</span><code>${escape(id)}</code></div></div>`));
  }
}

function payPage(world: World, session: Row, error?: string): string {
  const doc = session.doc;
  const currency = String(doc['currency'] ?? 'usd');
  const setup = doc['mode'] === 'setup';
  const rows = setup ? '' : lineItems(world, session).map((item) => `<div class="row"><span>${escape(item['description'] ?? 'Item')} × ${escape(item['quantity'])}</span><span>${itemPrice(item, currency)}</span></div>`).join('');
  const off = (doc['total_details']?.amount_discount as number | undefined) ?? 0;
  const discount = off > 0 ? `<div class="row"><span>Discount</span><span>−${money(off, currency)}</span></div>` : '';
  const days = session.hidden['subscriptionData']?.trial_period_days as number | undefined;
  const end = session.hidden['subscriptionData']?.trial_end as number | undefined;
  const trial = days ? `<p>${days} days free, then the price above.</p>` : end ? `<p>Free until ${date(end)}, then the price above.</p>` : '';
  const total = setup ? '' : `<div class="row sum"><span>Due today</span><span>${money((doc['amount_total'] as number | null) ?? 0, currency)}</span></div>`;
  const email = (doc['customer_details']?.email as string | null | undefined) ?? '';
  const known = doc['customer'] !== null || doc['customer_email'] !== null;
  const promotion = doc['allow_promotion_codes'] === true ? '<label for="promotion">Promotion code (optional)</label><input id="promotion" name="promotion" autocomplete="off">' : '';
  const cancel = doc['cancel_url'] ? `<a class="button quiet" href="${escape(doc['cancel_url'])}">Back without paying</a>` : '';
  const needless =
    doc['payment_method_collection'] === 'if_required' && doc['amount_total'] === 0
      ? `<form class="card" method="post" action="/c/pay/${escape(session.id)}">${known ? '' : '<label for="email-only">E-mail</label><input id="email-only" name="email" type="email" autocomplete="email" required>'}<button class="quiet" type="submit">Start without a card</button></form>`
      : '';
  const label = setup ? 'Save card' : doc['mode'] === 'subscription' ? (days || end ? 'Start trial' : 'Subscribe') : 'Pay';
  return document(
    'Checkout',
    `<h1>${setup ? 'Save a card' : 'Checkout'}</h1>${error ? alert(error) : ''}<section class="card" aria-label="Order">${rows}${discount}${total}${trial}</section>
<form class="card" method="post" action="/c/pay/${escape(session.id)}"><label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="email" value="${escape(email)}"${known ? ' readonly' : ' required'}>
${cardFields()}<label for="name">Name on card</label><input id="name" name="name" autocomplete="cc-name" required>${promotion}<button type="submit">${label}</button></form>${bankForm(session, email, known)}${needless}${cancel}`,
  );
}

/** A bank debit, where the currency has one. */
function bankForm(session: Row, email: string, known: boolean): string {
  const field = { usd: 'US account number', eur: 'IBAN' }[String(session.doc['currency'])];
  if (!field || session.doc['mode'] === 'setup') return '';
  return `<details class="card"><summary>Pay from a bank account (takes days)</summary><form method="post" action="/c/pay/${escape(session.id)}"><label for="bank-email">E-mail</label><input id="bank-email" name="email" type="email" autocomplete="email" value="${escape(email)}"${known ? ' readonly' : ' required'}><label for="account">${field}</label><input id="account" name="account" autocomplete="off" required><label for="bank-name">Account holder</label><input id="bank-name" name="name" autocomplete="name" required><button type="submit">Pay from this account</button></form></details>`;
}

function itemPrice(item: Doc, currency: string): string {
  const price = item['price'] as Doc;
  const amount = money((price['unit_amount'] as number) * (item['quantity'] as number), currency);
  const recurring = price['recurring'] as Doc | null;
  if (!recurring) return amount;
  return `${amount} / ${recurring['interval_count'] === 1 ? escape(recurring['interval']) : `${escape(recurring['interval_count'])} ${escape(recurring['interval'])}s`}`;
}

function bankPage(action: string): string {
  return document(
    'Your bank asks',
    `<h1>Your bank asks for confirmation</h1><form class="card" method="post" action="${escape(action)}"><p>This is the bank's page of a test card. Choose what the customer does.</p><button name="answer" value="pass">Complete</button><button class="quiet" name="answer" value="fail">Fail</button></form>`,
  );
}

function portalAction(world: World, customer: Row, form: URLSearchParams): void {
  const action = form.get('action');
  if (action === 'card') {
    const method = attach(world, createCardMethod(world, readCard(form.get('card') ?? '', 'card'), readExpiry(form.get('expiry') ?? undefined)), customer);
    // The portal changes the customer's default only; a card on the subscription itself stays, as with Stripe.
    world.update(customer, 'customer.updated', (doc) => void (doc['invoice_settings'].default_payment_method = method.id));
    return;
  }
  const subscription = world.need('subscription', form.get('subscription') ?? '');
  if (subscription.doc['customer'] !== customer.id) return;
  if (action === 'cancel') updateSubscription(world, subscription, { cancel_at_period_end: true });
  else if (action === 'resume') updateSubscription(world, subscription, { cancel_at_period_end: false });
  else if (action === 'cancel-now') cancelSubscription(world, subscription, {});
}

/** The flow `payment_method_update`: nothing but a new card. */
function cardUpdatePage(world: World, session: Row, customer: Row, error?: string): string {
  const action = escape(new URL(String(session.doc['url'])).pathname);
  const method = world.get('payment_method', customer.doc['invoice_settings'].default_payment_method as string | null);
  const back = session.doc['return_url'] ? `<a class="button quiet" href="${escape(session.doc['return_url'])}">Back</a>` : '';
  return document('Update card', `<h1>Update your card</h1>${error ? alert(error) : ''}<form class="card" method="post" action="${action}"><p>${methodText(method)}</p>${cardFields()}<button name="action" value="card">Save card</button></form>${back}`);
}

function methodText(method: Row | undefined): string {
  if (!method) return 'No card on file.';
  const type = method.doc['type'] as string;
  return `${type === 'card' ? 'Card' : 'Bank account'} ending in ${escape(method.doc[type].last4)}`;
}

function portalPage(world: World, session: Row, customer: Row, error?: string): string {
  const subscriptions = world.store.by('subscription', 'customer', customer.id).filter((row) => !['canceled', 'incomplete_expired'].includes(row.doc['status'] as string));
  const invoices = world.store.by('invoice', 'customer', customer.id).filter((row) => row.doc['status'] !== 'draft').reverse();
  const action = escape(new URL(String(session.doc['url'])).pathname);
  const method = world.get('payment_method', customer.doc['invoice_settings'].default_payment_method as string | null);
  const plans = subscriptions.map((row) => subscriptionCard(world, row, action)).join('') || '<p class="card soft">No subscription.</p>';
  const bills = invoices
    .map((row) => `<tr><td><a href="${escape(new URL(String(row.doc['hosted_invoice_url'])).pathname)}">${escape(row.doc['number'])}</a></td><td>${date(row.doc['created'] as number)}</td><td>${money(row.doc['total'] as number, String(row.doc['currency']))}</td><td>${escape(row.doc['status'])}</td></tr>`)
    .join('');
  const back = session.doc['return_url'] ? `<a class="button quiet" href="${escape(session.doc['return_url'])}">Return</a>` : '';
  return document(
    'Billing',
    `<h1>Billing</h1>${error ? alert(error) : ''}<h2>Subscription</h2>${plans}<h2>Payment method</h2><form class="card" method="post" action="${action}"><p>${methodText(method)}</p>${cardFields()}<button name="action" value="card">Update card</button></form>
<h2>Invoices</h2><div class="card">${bills ? `<table><thead><tr><th scope="col">Number</th><th scope="col">Date</th><th scope="col">Total</th><th scope="col">Status</th></tr></thead><tbody>${bills}</tbody></table>` : '<p class="soft">No invoices.</p>'}</div>${back}`,
  );
}

function subscriptionCard(world: World, row: Row, action: string): string {
  const item = row.doc['items'].data[0] as Doc;
  const product = world.get('product', item['price'].product as string)?.doc['name'] as string | undefined;
  const end = date(item['current_period_end'] as number);
  const leaving = row.doc['cancel_at_period_end'] === true;
  return `<form class="card" method="post" action="${action}"><p><strong>${escape(product ?? 'Plan')}</strong> · ${itemPrice({ price: item['price'] as Doc, quantity: item['quantity'] as number }, String(row.doc['currency']))}</p><p class="soft">${leaving ? `Ends on ${end}.` : `${row.doc['status'] === 'past_due' ? 'Payment is overdue.' : `Renews on ${end}.`}`}</p><input type="hidden" name="subscription" value="${escape(row.id)}">${leaving ? '<button name="action" value="resume">Keep the plan</button>' : '<button class="quiet" name="action" value="cancel">Cancel at the end of the period</button>'}</form>`;
}

function invoicePage(invoice: Row, error?: string): string {
  const doc = invoice.doc;
  const currency = String(doc['currency']);
  const lines = (doc['lines'].data as Doc[]).map((line) => `<div class="row"><span>${escape(line['description'])}</span><span>${money(line['amount'] as number, currency)}</span></div>`).join('');
  const payable = doc['status'] === 'open' || doc['status'] === 'uncollectible';
  const pay = payable ? `<form class="card" method="post" action="${escape(new URL(String(doc['hosted_invoice_url'])).pathname)}">${cardFields()}<button type="submit">Pay ${money(doc['amount_remaining'] as number, currency)}</button></form>` : '';
  return document(
    `Invoice ${String(doc['number'])}`,
    `<h1>Invoice ${escape(doc['number'])}</h1>${error ? alert(error) : ''}<section class="card"><p class="${doc['status'] === 'paid' ? 'good' : 'soft'}">${escape(doc['status'])}</p>${lines}<div class="row sum"><span>Total</span><span>${money(doc['total'] as number, currency)}</span></div><div class="row"><span>Paid</span><span>${money(doc['amount_paid'] as number, currency)}</span></div></section>${pay}`,
  );
}
