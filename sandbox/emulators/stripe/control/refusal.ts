import type { Doc } from '../engine/doc.js';

/** A refusal of the control API itself. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A text field of a body that this route cannot do without; 400 otherwise. */
export function requireText(body: Doc, name: string): string {
  const value: unknown = body[name];
  if (typeof value !== 'string' || value === '') throw new Refusal(400, 'MISSING_FIELD', `\`${name}\` must be text.`);
  return value;
}
