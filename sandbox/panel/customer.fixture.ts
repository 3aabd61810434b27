import type { CustomerFacts } from './customer-facts.js';
import { renderCustomerLive } from './customer-page.js';

const EVIL = '<img src=x onerror=alert(1)>';

/** A customer in `downgraded` whose every text was written by somebody who means harm. */
export const FACTS: CustomerFacts = {
  id: '0b7f6f8e-6a0e-4b7e-9d0e-111111111111', name: EVIL, email: `${EVIL}@example.test`, stage: 'downgraded', serviceLevel: 'downgraded', overlays: ['dunning_paused'], planId: EVIL,
  nextStep: { what: EVIL, at: '2027-03-27T10:00:00.000Z', why: EVIL }, clock: '2027-03-13T10:00:00.000Z', ahead: [{ at: '2027-03-24T10:00:00.000Z', what: 'notice of day 23' }],
  dunning: { deadlines: [{ stage: 'grace', at: '2027-03-06T10:00:00.000Z', isPast: true }], attempts: [{ at: '2027-03-02T10:00:00.000Z', trigger: 'schedule', outcome: 'declined' }], amountRemainingCents: 2900, currency: 'usd', hardDecline: EVIL, policyVersion: 'standard-1' },
  containers: [{ id: 'i', name: EVIL, status: 'running', reason: EVIL, container: { state: 'running', memoryMiB: 256, cpus: 0.5 } }],
  mails: [{ id: 'mail_1', to: EVIL, subject: EVIL, text: EVIL, links: ['javascript:alert(1)'], at: '2027-03-01T10:00:00.000Z' }], messages: [{ to: '+491', body: EVIL, status: EVIL }],
  invoices: [{ id: 'in_1', number: EVIL, status: 'open', total: 2900, amount_remaining: 2900, currency: 'usd', created: 1_800_000_000, attempt_count: 4, hosted_invoice_url: 'javascript:alert(1)' }],
  charges: [{ id: 'ch_1', amount: 2900, amount_refunded: 0, currency: 'usd', status: 'failed', created: 1_800_000_000, failure_code: EVIL, disputed: false, outcome: null, payment_method_details: { type: EVIL } }],
  timeline: [{ at: '2027-03-13T10:00:00.000Z', from: 'grace', to: 'downgraded', reason: EVIL, actor: EVIL }],
  history: [{ id: '7', at: '2027-03-13T10:00:00.000Z', type: 'Activity scheduled', name: EVIL, summary: 'Read what Stripe says' }],
  temporalUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/customer%2F1', run: null, missing: [EVIL],
};

/** The living part of its page, with changes. */
export const customerPart = (change: Partial<CustomerFacts>): string => renderCustomerLive({ ...FACTS, ...change }).text;
