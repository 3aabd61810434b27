/** A decline as the API reports it. */
export interface Decline {
  code: string;
  declineCode?: string;
  message: string;
  advice: 'try_again_later' | 'do_not_try_again' | 'confirm_card_data' | null;
  network: string | null;
  /** Stripe's own risk check refused it: the bank was never asked. */
  blocked?: true;
}

const declined = 'Your card was declined.';
const soft = (declineCode: string, message = declined, network = '05'): Decline => ({ code: 'card_declined', declineCode, message, advice: 'try_again_later', network });
const hard = (declineCode: string, message = declined, network = '04'): Decline => ({ code: 'card_declined', declineCode, message, advice: 'do_not_try_again', network });

/** Declines by Stripe's decline code (https://docs.stripe.com/declines/codes). */
const declines: Record<string, Decline> = {
  generic_decline: soft('generic_decline', declined, '01'),
  insufficient_funds: soft('insufficient_funds', 'Your card has insufficient funds.', '51'),
  do_not_honor: soft('do_not_honor'),
  try_again_later: soft('try_again_later', declined, '91'),
  issuer_not_available: soft('issuer_not_available', declined, '91'),
  reenter_transaction: soft('reenter_transaction', declined, '19'),
  call_issuer: soft('call_issuer', declined, '01'),
  withdrawal_count_limit_exceeded: soft('withdrawal_count_limit_exceeded', 'You have exceeded the balance or credit limit on your card.', '65'),
  card_velocity_exceeded: soft('card_velocity_exceeded', 'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.', '61'),
  lost_card: hard('lost_card', declined, '41'),
  stolen_card: hard('stolen_card', declined, '43'),
  pickup_card: hard('pickup_card', declined, '04'),
  restricted_card: hard('restricted_card', declined, '62'),
  fraudulent: hard('fraudulent', declined, '59'),
  card_not_supported: hard('card_not_supported', 'Your card does not support this type of purchase.', '57'),
  transaction_not_allowed: hard('transaction_not_allowed', declined, '57'),
  revocation_of_authorization: hard('revocation_of_authorization', declined, 'R1'),
  revocation_of_all_authorizations: hard('revocation_of_all_authorizations', declined, 'R3'),
  stop_payment_order: hard('stop_payment_order', declined, 'R0'),
  highest_risk_level: { code: 'card_declined', declineCode: 'fraudulent', message: declined, advice: 'do_not_try_again', network: null, blocked: true },
  incorrect_number: { code: 'incorrect_number', declineCode: 'incorrect_number', message: 'Your card number is incorrect.', advice: 'confirm_card_data', network: '14' },
  expired_card: { code: 'expired_card', declineCode: 'expired_card', message: 'Your card has expired.', advice: 'do_not_try_again', network: '54' },
  incorrect_cvc: { code: 'incorrect_cvc', declineCode: 'incorrect_cvc', message: "Your card's security code is incorrect.", advice: 'confirm_card_data', network: '82' },
  processing_error: { code: 'processing_error', declineCode: 'processing_error', message: 'An error occurred while processing your card. Try again in a little bit.', advice: 'try_again_later', network: '96' },
  authentication_required: { code: 'authentication_required', declineCode: 'authentication_required', message: 'Your card was declined. This transaction requires authentication.', advice: 'try_again_later', network: '65' },
};

/** Codes after which Stripe keeps its schedule but does not charge the same payment method again. */
const notRetried = new Set([
  'incorrect_number', 'lost_card', 'pickup_card', 'stolen_card', 'revocation_of_authorization', 'revocation_of_all_authorizations', 'authentication_required', 'highest_risk_level', 'transaction_not_allowed',
]);

/** The decline of a code; undefined when the code is none that this emulator knows. */
export function declineOf(code: string): Decline | undefined {
  return declines[code];
}

/** The decline of a code that this emulator is sure to know. Throws otherwise. */
export function decline(code: keyof typeof declines & string): Decline {
  const found = declines[code];
  if (!found) throw new Error(`no decline ${code}`);
  return found;
}

/** Every code that `declineOf` knows. */
export const declineCodes = Object.keys(declines);

/** Whether Stripe refuses to charge the same payment method again by itself after this decline. */
export function isHard(why: Decline): boolean {
  return why.blocked === true || notRetried.has(why.declineCode ?? why.code);
}
