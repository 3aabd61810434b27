import type { NoticeLocale } from './notice-text.js';

/**
 * Stripe's decline codes (docs.stripe.com/declines/codes) in groups that a person can act on. Lost, stolen and suspected fraud are told like any
 * other refusal, as Stripe asks: who reads this may not be the card's owner.
 */
const GROUPS = {
  expired: ['expired_card'],
  funds: ['insufficient_funds'],
  confirm: ['authentication_required', 'authentication_not_handled', 'subscription_payment_intent_requires_action', 'payment_intent_authentication_failure'],
  details: ['incorrect_number', 'invalid_number', 'incorrect_cvc', 'invalid_cvc', 'invalid_expiry_month', 'invalid_expiry_year', 'incorrect_address', 'incorrect_zip', 'invalid_account'],
  limit: ['card_velocity_exceeded', 'withdrawal_count_limit_exceeded', 'amount_too_large', 'invalid_amount'],
  kind: ['card_not_supported', 'currency_not_supported', 'service_not_allowed', 'transaction_not_allowed', 'restricted_card'],
  away: ['processing_error', 'issuer_not_available', 'try_again_later', 'reenter_transaction', 'approve_with_id'],
} as const;
type Group = keyof typeof GROUPS;

const GROUP_OF = new Map<string, Group>((Object.keys(GROUPS) as Group[]).flatMap((group) => GROUPS[group].map((code) => [code, group] as const)));

const WORDS: Readonly<Record<NoticeLocale, Readonly<Record<Group | 'refused', string>>>> = {
  en: {
    expired: 'The card has expired.',
    funds: 'There was not enough money on the account of the card.',
    confirm: 'Your bank wants you to confirm the payment.',
    details: 'The bank does not recognise the details of the card.',
    limit: 'The limit of the card was reached.',
    kind: 'The card cannot be used for this kind of payment.',
    away: 'The bank could not be reached.',
    refused: 'The bank declined the payment and does not tell us why.',
  },
  ru: {
    expired: 'Срок действия карты истёк.',
    funds: 'На счёте карты не хватило денег.',
    confirm: 'Банк просит вас подтвердить платёж.',
    details: 'Банк не узнал данные карты.',
    limit: 'Достигнут лимит карты.',
    kind: 'Этой картой нельзя оплатить такую покупку.',
    away: 'Не удалось связаться с банком.',
    refused: 'Банк отклонил платёж и не сообщил причину.',
  },
};

/** A decline code of Stripe as a sentence; an unknown one is a refusal without a reason, none is null. */
export const sayDecline = (code: string | null, locale: NoticeLocale): string | null => (code === null ? null : WORDS[locale][GROUP_OF.get(code) ?? 'refused']);
