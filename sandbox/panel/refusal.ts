/** An answer other than 2xx, in the error shape of the API. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly more: Record<string, unknown> = {}) {
    super(detail);
  }
}

export const notFound = (what: string): Refusal => new Refusal(404, 'NOT_FOUND', what);

/** A bad field, named. */
export const badField = (name: string, sentence: string): Refusal => new Refusal(400, 'INVALID', `${name}: ${sentence}`, { fields: { [name]: sentence } });
