import type { Doc } from '../engine/doc.js';
import { decline, type Decline } from './declines.js';

/** How Stripe's test cards answer. `charge`: the decline code of every charge, none if it pays. */
export interface CardBehaviour {
  number: string;
  brand: 'visa' | 'mastercard' | 'amex' | 'discover';
  funding: 'credit' | 'debit';
  charge?: Decline;
  /** False: attaching and setting up already fail with `charge`. */
  attaches: boolean;
  /** When the bank asks the customer: at set-up or first on-session use; on every payment, off-session ones too; or on session only. */
  authentication?: 'setup' | 'always' | 'on_session';
  /** What becomes of refunds and charges later. */
  afterwards?: 'refund_fails' | 'refund_pending' | 'dispute_fraudulent' | 'dispute_not_received' | 'inquiry';
}

const visa = (number: string, rest: Partial<CardBehaviour> = {}): CardBehaviour => ({ number, brand: 'visa', funding: 'credit', attaches: true, ...rest });
const refused = (number: string, charge: Decline): CardBehaviour => visa(number, { charge, attaches: false });

const known: CardBehaviour[] = [
  visa('4242424242424242'),
  visa('4000056655665556', { funding: 'debit' }),
  visa('5555555555554444', { brand: 'mastercard' }),
  visa('2223003122003222', { brand: 'mastercard' }),
  visa('5200828282828210', { brand: 'mastercard', funding: 'debit' }),
  visa('378282246310005', { brand: 'amex' }),
  visa('6011111111111117', { brand: 'discover' }),
  visa('4000000000000341', { charge: decline('generic_decline') }),
  refused('4000000000000002', decline('generic_decline')),
  refused('4000000000009995', decline('insufficient_funds')),
  refused('4000000000009987', decline('lost_card')),
  refused('4000000000009979', decline('stolen_card')),
  refused('4000000000000069', decline('expired_card')),
  refused('4000000000000127', decline('incorrect_cvc')),
  refused('4000000000000119', decline('processing_error')),
  refused('4000000000006975', decline('card_velocity_exceeded')),
  visa('4100000000000019', { charge: decline('highest_risk_level') }),
  visa('4000002500003155', { authentication: 'setup' }),
  visa('4000002760003184', { authentication: 'always' }),
  visa('4000000000003220', { authentication: 'setup' }),
  visa('4000000000005126', { afterwards: 'refund_fails' }),
  visa('4000003800000446', { authentication: 'on_session' }),
  visa('4000008260003178', { authentication: 'always', charge: decline('insufficient_funds') }),
  visa('4000008400001629', { authentication: 'always', charge: decline('generic_decline') }),
  visa('4000000000007726', { afterwards: 'refund_pending' }),
  visa('4000000000000259', { afterwards: 'dispute_fraudulent' }),
  visa('4000000000002685', { afterwards: 'dispute_not_received' }),
  visa('4000000000001976', { afterwards: 'inquiry' }),
  visa('4000000000000077'),
];
const byNumber = new Map(known.map((card) => [card.number, card]));

/** Ready-made payment methods and tokens of Stripe's test mode, by the name after `pm_card_` or `tok_`. */
const tokens: Record<string, string> = {
  visa: '4242424242424242', visa_debit: '4000056655665556', mastercard: '5555555555554444', amex: '378282246310005', discover: '6011111111111117',
  chargeCustomerFail: '4000000000000341', visa_chargeDeclined: '4000000000000002', chargeDeclined: '4000000000000002',
  visa_chargeDeclinedInsufficientFunds: '4000000000009995', chargeDeclinedInsufficientFunds: '4000000000009995', visa_chargeDeclinedLostCard: '4000000000009987',
  visa_chargeDeclinedStolenCard: '4000000000009979', chargeDeclinedExpiredCard: '4000000000000069', chargeDeclinedIncorrectCvc: '4000000000000127',
  chargeDeclinedProcessingError: '4000000000000119', authenticationRequiredOnSetup: '4000002500003155', authenticationRequired: '4000002760003184',
  threeDSecure2Required: '4000000000003220', threeDSecureRequired: '4000000000003220', createDispute: '4000000000000259', refundFail: '4000000000005126', pendingRefund: '4000000000007726',
  createDisputeProductNotReceived: '4000000000002685', createDisputeInquiry: '4000000000001976', bypassPending: '4000000000000077', radarBlock: '4100000000000019', chargeDeclinedVelocityLimitExceeded: '4000000000006975',
  visa_chargeDeclinedVelocityLimitExceeded: '4000000000006975', authenticationRequiredChargeDeclinedInsufficientFunds: '4000008260003178',
};

/** The card number behind `pm_card_visa`, `tok_visa`; undefined when the name is not Stripe's. */
export function numberOfToken(token: string): string | undefined {
  const match = /^(?:pm_card|tok)_(\w+)$/.exec(token);
  return match?.[1] === undefined ? undefined : tokens[match[1]];
}

/** How a card number behaves; undefined when it is not one of Stripe's test cards. */
export function cardOf(number: string): CardBehaviour | undefined {
  return byNumber.get(number.replaceAll(/[\s-]/g, ''));
}

/** The Luhn check of a card number. */
export function passesLuhn(number: string): boolean {
  let sum = 0;
  [...number].reverse().forEach((digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return /^\d{12,19}$/.test(number) && sum % 10 === 0;
}

/** `payment_method.card` of a test card. */
export function cardDoc(card: CardBehaviour, expMonth: number, expYear: number, fingerprint: string): Doc {
  return {
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: card.brand,
    exp_month: expMonth,
    exp_year: expYear,
    fingerprint,
    funding: card.funding,
    generated_from: null,
    last4: card.number.slice(-4),
    networks: { available: [card.brand], preferred: null },
    regulated_status: card.funding === 'debit' ? 'regulated' : 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}
