/** Messages that a plan allows; null = any number. */
export interface MessageLimits {
  readonly messagesPerMonth: number | null;
  readonly messagesPerDay: number | null;
}

/** What the gateway asks of the catalogue of plans. */
export interface PlanLimits {
  /**
   * Limits of an instance's plan at the customer's service level: `downgraded` means those of the plan's `downgradeTo`.
   * Undefined where the catalogue does not know the plan.
   */
  limitsOf(planId: string, serviceLevel: string): MessageLimits | undefined;
}

export const UNLIMITED: MessageLimits = { messagesPerMonth: null, messagesPerDay: null };

export type LimitWindow = 'day' | 'month';

/** First day of a UTC month and the day itself, as SQL dates (`2026-11-02`). */
export interface UsageDay {
  day: string;
  monthStart: string;
}

export function usageDay(now: Date): UsageDay {
  const day = now.toISOString().slice(0, 10);
  return { day, monthStart: `${day.slice(0, 7)}-01` };
}

/** The instant at which a window is empty again: the next UTC day or month. */
export function windowReset(window: LimitWindow, now: Date): Date {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  return new Date(window === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1));
}

const RESET_DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** The sentence the person sees: `Monthly limit reached, resets on 1 December 2026 (UTC)`. */
export function limitReachedMessage(window: LimitWindow, now: Date): string {
  return `${window === 'day' ? 'Daily' : 'Monthly'} limit reached, resets on ${RESET_DATE.format(windowReset(window, now))} (UTC)`;
}
