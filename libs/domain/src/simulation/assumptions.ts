import type { BehaviourModel } from './simulation.types.js';

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

/** What the figures of a generated book rest on, in sentences. */
export const sayModel = (model: BehaviourModel): readonly string[] => [
  `${percent(model.hardDeclineShare)} of the first declines are final: only another card helps.`,
  `${percent(model.neverPaysShare)} of the customers never pay, whatever is sent.`,
  `Of the other declined cards these shares work again: ${model.cardWorksAgain.map(({ byDay, share }) => `${percent(share)} by day ${byDay}`).join(', ')}.`,
  `Chance that a notice brings somebody to act, and after how many days half of them have: ${Object.entries(model.noticeResponse).map(([notice, { chance, medianDelayDays }]) => `${notice} ${percent(chance)}, ${medianDelayDays}`).join('; ')}.`,
  `With less than full service these chances are ${model.serviceLossFactor} times as high. ${percent(model.newCardShare)} of those who act enter another card, the others pay the invoice.`,
  'Plans and prices are those that are sold today, in equal parts; each customer has one invoice that failed on the first day.',
];

/** What the figures of past cases rest on. */
export const PAST_ASSUMPTIONS: readonly string[] = [
  'Who paid by itself, or by another card, does so on the same day after the first failure, if the subscription still lives on that day.',
  'A card that an attempt could charge would have been charged by any later attempt, and by none that came earlier.',
  'Who did not pay never does: more time or more notices bring nothing from them.',
  'Waived cases are left out. Support’s extensions and pauses are not repeated.',
];

/** What both rest on. */
export const COMMON_ASSUMPTIONS: readonly string[] = [
  'Both policies meet the very same customers; the decisions are those of production. Notices arrive at once, and nobody subscribes again after the end.',
  'A day of service counts as given away where the case ended without payment; as withheld where it was paid in the end.',
];
