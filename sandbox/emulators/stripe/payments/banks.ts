import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import type { Decline } from './declines.js';

/** How a test bank account behaves: what becomes of a debit days later. */
export interface BankBehaviour {
  number: string;
  type: 'sepa_debit' | 'us_bank_account';
  /** What the bank answers in the end; `never` stays on its way until the control API settles it. */
  outcome: 'succeeded' | 'never' | Decline;
  afterwards?: 'dispute';
}

const failure = (code: string, message: string): Decline => ({ code, message, advice: null, network: null });
/** Reasons by which a bank debit fails, by Stripe's failure code. */
const failures: Record<string, Decline> = {
  insufficient_funds: failure('insufficient_funds', "The customer's account has insufficient funds to cover this payment."),
  account_closed: failure('account_closed', "The customer's bank account has been closed."),
  no_account: failure('no_account', 'The bank account could not be located.'),
  debit_not_authorized: failure('debit_not_authorized', 'The customer has notified their bank that this payment was unauthorized.'),
  generic_could_not_process: failure('generic_could_not_process', 'The payment could not be processed.'),
};
/** A debit in a currency that the account does not have. */
export const wrongCurrency = failure('payment_method_currency_mismatch', 'The payment method cannot be used with the currency of this payment.');

/** The failure of a code; undefined when this emulator does not know it. */
export function bankFailure(code: string): Decline | undefined {
  return failures[code];
}

const fails = (code: string): Decline => failures[code] ?? failure(code, 'The payment could not be processed.');
const sepa = (number: string, outcome: BankBehaviour['outcome'], afterwards?: 'dispute'): BankBehaviour => ({ number, type: 'sepa_debit', outcome, ...(afterwards ? { afterwards } : {}) });
const ach = (number: string, outcome: BankBehaviour['outcome'], afterwards?: 'dispute'): BankBehaviour => ({ number, type: 'us_bank_account', outcome, ...(afterwards ? { afterwards } : {}) });

/** Test numbers from https://docs.stripe.com/testing (SEPA Direct Debit, ACH Direct Debit). */
const known: BankBehaviour[] = [
  sepa('AT611904300234573201', 'succeeded'), sepa('AT321904300235473204', 'succeeded'), sepa('AT861904300235473202', fails('generic_could_not_process')),
  sepa('AT051904300235473205', fails('generic_could_not_process')), sepa('AT591904300235473203', 'succeeded', 'dispute'), sepa('AT981904300000343434', fails('insufficient_funds')),
  sepa('DE89370400440532013000', 'succeeded'), sepa('DE08370400440532013003', 'succeeded'), sepa('DE62370400440532013001', fails('generic_could_not_process')),
  sepa('DE78370400440532013004', fails('generic_could_not_process')), sepa('DE35370400440532013002', 'succeeded', 'dispute'), sepa('DE65370400440002222227', fails('insufficient_funds')),
  ach('000123456789', 'succeeded'), ach('000222222227', fails('insufficient_funds')), ach('000111111113', fails('account_closed')), ach('000111111116', fails('no_account')),
  ach('000333333335', fails('debit_not_authorized')), ach('000555555559', 'succeeded', 'dispute'), ach('000000000009', 'never'),
];
const byNumber = new Map(known.map((bank) => [bank.number, bank]));
const tokens: Record<string, string> = {
  pm_usBankAccount_success: '000123456789', pm_usBankAccount: '000123456789', pm_usBankAccount_insufficientFunds: '000222222227', pm_usBankAccount_accountClosed: '000111111113', pm_usBankAccount_noAccount: '000111111116',
  pm_usBankAccount_debitNotAuthorized: '000333333335', pm_usBankAccount_dispute: '000555555559', pm_usBankAccount_processing: '000000000009',
};

/** The account behind a ready-made payment method of Stripe's test mode. */
export function bankOfToken(token: string): BankBehaviour | undefined {
  return byNumber.get(tokens[token] ?? '');
}

/** Reads an IBAN or a US account number; refuses what is none of Stripe's test numbers. */
export function readBank(number: string, param: string): BankBehaviour {
  const clean = number.replaceAll(/\s/g, '').toUpperCase();
  const bank = byNumber.get(clean);
  if (bank) return bank;
  if (/^[A-Z]{2}\d{2}/.test(clean)) throw invalid(`The IBAN you provided is invalid. For a list of valid test IBANs, visit https://docs.stripe.com/testing#sepa-direct-debit.`, param, 'invalid_bank_account_iban');
  throw invalid('The bank account number you provided is invalid. For a list of valid test account numbers, visit https://docs.stripe.com/testing#ach-direct-debit.', param, 'account_number_invalid');
}

/** The account behind a payment method. Throws when it is none of a bank. */
export function bankOf(method: Row): BankBehaviour {
  const bank = byNumber.get(String(method.hidden['number']));
  if (!bank) throw new Error(`payment method ${method.id} has no test bank account`);
  return bank;
}

/** Makes a bank account payment method that belongs to nobody yet. */
export function createBankMethod(world: World, bank: BankBehaviour, billing: Doc = {}, extra: { metadata?: Doc; account?: Doc } = {}): Row {
  return world.create(
    'payment_method',
    {
      allow_redisplay: 'unspecified',
      billing_details: { address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }, email: null, name: null, phone: null, tax_id: null, ...billing },
      created: world.wall(),
      customer: null,
      metadata: extra.metadata ?? {},
      type: bank.type,
      [bank.type]: accountDoc(world, bank, extra.account ?? {}),
    },
    { hidden: { number: bank.number, authenticated: true } },
  );
}

function accountDoc(world: World, bank: BankBehaviour, given: Doc): Doc {
  const common = { fingerprint: world.fingerprint(bank.number), last4: bank.number.slice(-4) };
  if (bank.type === 'sepa_debit') return { ...common, bank_code: bank.number.slice(4, bank.number.startsWith('AT') ? 9 : 12), branch_code: '', country: bank.number.slice(0, 2), generated_from: { charge: null, setup_attempt: null } };
  return {
    ...common,
    account_holder_type: (given['account_holder_type'] as string | undefined) ?? 'individual', account_type: (given['account_type'] as string | undefined) ?? 'checking', bank_name: 'STRIPE TEST BANK',
    financial_connections_account: null, networks: { preferred: 'ach', supported: ['ach'] }, routing_number: (given['routing_number'] as string | undefined) ?? '110000000', status_details: {},
  };
}

/** The mandate under which an account is debited; made with its first debit. */
export function mandateOf(world: World, method: Row): string {
  const known = method.hidden['mandate'] as string | undefined;
  if (known) return known;
  const type = method.doc['type'] as string;
  const row = world.create('mandate', {
    customer_acceptance: { accepted_at: world.wall(), online: { ip_address: '127.0.0.1', user_agent: 'emulator' }, type: 'online' },
    multi_use: {},
    payment_method: method.id,
    payment_method_details: { type, [type]: type === 'sepa_debit' ? { reference: method.id.slice(-12).toUpperCase(), url: `${world.baseUrl}/mandates/${method.id}` } : { collection_method: 'paper' } },
    status: 'active',
    type: 'multi_use',
  });
  world.store.edit(method).hidden['mandate'] = row.id;
  return row.id;
}

/** `charge.payment_method_details` of a debit. */
export function debitDetails(world: World, method: Row): Doc {
  const type = method.doc['type'] as string;
  const account = method.doc[type] as Doc;
  const mandate = mandateOf(world, method);
  if (type === 'sepa_debit') {
    const { bank_code, branch_code, country, fingerprint, last4 } = account;
    return { type, sepa_debit: { bank_code: bank_code as string, branch_code: branch_code as string, country: country as string, fingerprint: fingerprint as string, last4: last4 as string, mandate } };
  }
  const { account_holder_type, account_type, bank_name, fingerprint, last4, routing_number } = account as Record<string, string>;
  return { type, us_bank_account: { account_holder_type, account_type, bank_name, fingerprint, last4, mandate, payment_reference: null, routing_number } };
}
