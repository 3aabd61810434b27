import { OPT_OUT_CODES } from '#database/notices/delivery-status.js';

/** What a failed call of Twilio means for us. */
export interface TwilioFailure {
  /**
   * `refused`: it was not done and another try would fare no better · `later`: it was not done, try again · `unknown`: it may have been done ·
   * `opted_out`: the person does not want it.
   */
  readonly kind: 'refused' | 'later' | 'unknown' | 'opted_out';
  /** Twilio's error code, or null. */
  readonly code: number | null;
  /** For support; numbers of people are never in it. */
  readonly text: string;
}

/** Connections that were never made: nothing can have been done. */
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Judges what a call of the package threw: its RestException has `status` and `code`, anything else is the transport's. */
export function failureOf(error: unknown): TwilioFailure {
  const { status, code } = error as { status?: unknown; code?: unknown };
  if (typeof status === 'number') {
    const number = typeof code === 'number' ? code : null;
    const text = `Twilio answered ${status}${number === null ? '' : `, error ${number}`}.`;
    if (number !== null && OPT_OUT_CODES.includes(number)) return { kind: 'opted_out', code: number, text };
    if (status === 429) return { kind: 'later', code: number, text };
    return { kind: status >= 500 ? 'unknown' : 'refused', code: number, text };
  }
  const name = typeof code === 'string' ? code : 'no answer';
  return { kind: NEVER_REACHED.has(name) ? 'later' : 'unknown', code: null, text: `Twilio did not answer (${name}).` };
}
