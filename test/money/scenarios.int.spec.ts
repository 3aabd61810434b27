import { STANDARD_DIARIES } from '#domain/lifecycle/scenarios/standard.diaries.js';
import { playScenarios } from './play-scenarios.js';

/**
 * The acceptance scenarios by the standard policy. The reducer's spec plays all of them; left to it here are 3 (a trial without a card is not sold),
 * 3b (a customer who has paid for the month is served to its end, so the pause is not felt on day 0), 10c (no mail for a fortnight), 17c (a charge has one
 * dispute here), 19 (two live subscriptions: resolved before the policy sees them) 20c (an empty list is refused before it is a fact)
 * and 21 (a debit that is tried again takes days again);
 * 19 and 20c are tested in libs/activities/src/stripe.
 */
playScenarios('policies/standard.yaml', STANDARD_DIARIES, [
  '1', '2', '2b', '3c', '4', '4b', '4c', '5', '5b', '6', '6b', '7', '9', '9b', '10', '10b', '11', '11b', '12', '13', '13b', '13c', '15', '16', '16b', '17', '17b',
  '20d', '21b', '22', '23', '24', '25', '26',
]);
