import { invalid } from '../engine/errors.js';
import type { World } from '../engine/world.js';

/** What a person sets in Stripe's dashboard and no API tells: how failed payments are treated. */
export interface AccountSettings {
  /** `off`: one attempt, the caller owns retries; `smart`: Stripe tries again by itself on `retryDays`. */
  retries: 'off' | 'smart';
  /** What becomes of the subscription when retries are used up. */
  endAction: 'leave' | 'unpaid' | 'cancel' | 'pause';
  /** Days after the first failure at which Stripe tries again. */
  retryDays: number[];
  /** Business days until a bank debit is known to have worked or not. */
  settlementBusinessDays: number;
}

/** Eight tries in two weeks, what Stripe recommends. */
const recommendedDays = [1, 3, 5, 7, 9, 11, 13, 14];
const rowId = 'account_settings';

/** The settings in force: those of the start, changed by the control API. */
export function accountSettings(world: World): AccountSettings {
  const { retries, retryEnd } = world.settings;
  const start: AccountSettings = { retries, endAction: retryEnd, retryDays: recommendedDays, settlementBusinessDays: 5 };
  return { ...start, ...(world.get('account_settings', rowId)?.doc as Partial<AccountSettings> | undefined) };
}

/** Changes the settings; they outlive a restart. Throws on values that Stripe's dashboard does not offer. */
export function changeAccountSettings(world: World, change: Record<string, unknown>): AccountSettings {
  const { retries, endAction, retryDays, settlementBusinessDays } = change;
  const next: Partial<AccountSettings> = {};
  if (retries !== undefined) next.retries = oneOf('retries', retries, ['off', 'smart'] as const);
  if (endAction !== undefined) next.endAction = oneOf('endAction', endAction, ['leave', 'unpaid', 'cancel', 'pause'] as const);
  if (retryDays !== undefined) {
    if (!Array.isArray(retryDays) || retryDays.length > 8 || !retryDays.every((day, index) => Number.isFinite(day) && day > ((retryDays[index - 1] as number | undefined) ?? 0) && day <= 60)) {
      throw invalid('`retryDays` must be up to eight rising numbers of days, at most 60.', 'retryDays');
    }
    next.retryDays = retryDays as number[];
  }
  if (settlementBusinessDays !== undefined) {
    if (!Number.isInteger(settlementBusinessDays) || (settlementBusinessDays as number) < 0 || (settlementBusinessDays as number) > 14) throw invalid('`settlementBusinessDays` must be a whole number of at most 14.', 'settlementBusinessDays');
    next.settlementBusinessDays = settlementBusinessDays as number;
  }
  const known = world.get('account_settings', rowId);
  world.store.put({ kind: 'account_settings', id: rowId, clock: null, doc: { ...known?.doc, ...next }, hidden: {} });
  return accountSettings(world);
}

function oneOf<T extends string>(name: string, value: unknown, values: readonly T[]): T {
  const found = values.find((item) => item === value);
  if (found === undefined) throw invalid(`\`${name}\` must be one of ${values.join(', ')}.`, name);
  return found;
}
