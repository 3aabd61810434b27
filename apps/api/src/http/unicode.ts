import { invalid, type Fields } from './problem.js';

const DEEPEST = 16;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Keys that would reach an object's prototype. */
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** A field's name as it may be told back: short, without anything odd in it. */
export const fieldName = (path: string): string => path.replace(/[^\p{L}\p{N}_.[\]-]/gu, '?').slice(0, 80) || 'body';

/**
 * Looks through a JSON value for what nobody can store or show: NUL, halves of surrogate pairs, nesting without end, keys of the prototype.
 * Throws a 400 that names the field.
 */
export function checkText(value: unknown, path = '', depth = 0): void {
  const refuse = (sentence: string): never => { const fields: Fields = { [fieldName(path)]: sentence }; throw invalid(fields); };
  if (typeof value === 'string') {
    if (value.includes('\u0000')) refuse('Take the NUL character (U+0000) out.');
    if (LONE_SURROGATE.test(value)) refuse('Take the broken Unicode character (half of a surrogate pair) out.');
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEEPEST) refuse('The value is nested too deeply.');
  if (Array.isArray(value)) return value.forEach((item, index) => checkText(item, `${path}[${index}]`, depth + 1));
  for (const [key, item] of Object.entries(value)) {
    const inner = path === '' ? key : `${path}.${key}`;
    if (PROTOTYPE_KEYS.has(key)) throw invalid({ [fieldName(inner)]: 'Take this field out.' });
    checkText(key, inner, depth + 1);
    checkText(item, inner, depth + 1);
  }
}
