import type { Doc } from '../engine/doc.js';

/** How Stripe's test cards answer. `charge`: the decline code of every charge, none if it pays. */
export interface CardBehaviour {
  number: string;
  brand: 'visa' | 'mastercard' | 'amex' | 'discover';
  funding: 'credit' | 'debit';
  charge?: Decline;
  /** False: attaching and setting up already fail with `charge`. */
  attaches: boolean;
  /** When the bank asks the customer: at set-up or first on-session use; or on every payment, off-session ones too. */
  authentication?: 'setup' | 'always';
  /** What becomes of refunds and charges later. */
  afterwards?: 'refund_fails' | 'dispute_fraudulent';
}

/** A decline as the API reports it. */
export interface Decline {
  code: string;
  declineCode?: string;
  message: string;
  advice: 'try_again_later' | 'do_not_try_again' | 'confirm_card_data';
  network: string;
}

const declines = {
  generic: { code: 'card_declined', declineCode: 'generic_decline', message: 'Your card was declined.', advice: 'try_again_later', network: '01' },
  funds: { code: 'card_declined', declineCode: 'insufficient_funds', message: 'Your card has insufficient funds.', advice: 'try_again_later', network: '51' },
  lost: { code: 'card_declined', declineCode: 'lost_card', message: 'Your card was declined.', advice: 'do_not_try_again', network: '41' },
  stolen: { code: 'card_declined', declineCode: 'stolen_card', message: 'Your card was declined.', advice: 'do_not_try_again', network: '43' },
  expired: { code: 'expired_card', declineCode: 'expired_card', message: 'Your card has expired.', advice: 'do_not_try_again', network: '54' },
  cvc: { code: 'incorrect_cvc', declineCode: 'incorrect_cvc', message: "Your card's security code is incorrect.", advice: 'confirm_card_data', network: '82' },
  processing: { code: 'processing_error', declineCode: 'processing_error', message: 'An error occurred while processing your card. Try again in a little bit.', advice: 'try_again_later', network: '96' },
} satisfies Record<string, Decline>;

/** The bank wants the customer present: what an off-session payment of such a card is refused with. */
export const authenticationRequired: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
  advice: 'try_again_later',
  network: '65',
};

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
  visa('4000000000000341', { charge: declines.generic }),
  refused('4000000000000002', declines.generic),
  refused('4000000000009995', declines.funds),
  refused('4000000000009987', declines.lost),
  refused('4000000000009979', declines.stolen),
  refused('4000000000000069', declines.expired),
  refused('4000000000000127', declines.cvc),
  refused('4000000000000119', declines.processing),
  visa('4000002500003155', { authentication: 'setup' }),
  visa('4000002760003184', { authentication: 'always' }),
  visa('4000000000003220', { authentication: 'setup' }),
  visa('4000000000005126', { afterwards: 'refund_fails' }),
  visa('4000000000000259', { afterwards: 'dispute_fraudulent' }),
];
const byNumber = new Map(known.map((card) => [card.number, card]));

/** Ready-made payment methods and tokens of Stripe's test mode, by the name after `pm_card_` or `tok_`. */
const tokens: Record<string, string> = {
  visa: '4242424242424242', visa_debit: '4000056655665556', mastercard: '5555555555554444', amex: '378282246310005', discover: '6011111111111117',
  chargeCustomerFail: '4000000000000341', visa_chargeDeclined: '4000000000000002', chargeDeclined: '4000000000000002',
  visa_chargeDeclinedInsufficientFunds: '4000000000009995', chargeDeclinedInsufficientFunds: '4000000000009995', visa_chargeDeclinedLostCard: '4000000000009987',
  visa_chargeDeclinedStolenCard: '4000000000009979', chargeDeclinedExpiredCard: '4000000000000069', chargeDeclinedIncorrectCvc: '4000000000000127',
  chargeDeclinedProcessingError: '4000000000000119', authenticationRequiredOnSetup: '4000002500003155', authenticationRequired: '4000002760003184',
  threeDSecure2Required: '4000000000003220', threeDSecureRequired: '4000000000003220', createDispute: '4000000000000259', refundFail: '4000000000005126', pendingRefundFail: '4000000000005126',
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
