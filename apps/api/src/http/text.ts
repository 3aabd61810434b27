import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** C0 and C1 controls, line and paragraph separators, and the marks that turn the direction of text (spoofed names). */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
/** In longer texts a tab and a line break are fine. */
const HIDDEN_IN_PROSE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/u;

/** Length as a person counts it: code points. */
export const lengthOf = (text: string): number => [...text].length;

export interface LineRule { readonly min: number; readonly max: number; readonly message: string }

/** One line of text: trimmed, NFC, `min` to `max` characters, nothing hidden in it. */
export const Line = ({ min, max, message }: LineRule): PropertyDecorator => applyDecorators(
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.normalize('NFC').trim() : value)),
  ValidateBy({ name: 'line', validator: { validate: (value) => typeof value === 'string' && !HIDDEN.test(value) && lengthOf(value) >= min && lengthOf(value) <= max, defaultMessage: () => message } }),
);

/** Longer text of at most `maxBytes` in UTF-8, not empty. */
export const Prose = (maxBytes: number, message: string): PropertyDecorator =>
  ValidateBy({ name: 'prose', validator: { validate: (value) => typeof value === 'string' && value.trim() !== '' && !HIDDEN_IN_PROSE.test(value) && Buffer.byteLength(value) <= maxBytes, defaultMessage: () => message } });

/** Text that matches one pattern as a whole. */
export function Shape(pattern: RegExp, message: string): PropertyDecorator {
  return shape(pattern, message, false);
}

/** Every entry of a list matches the pattern as a whole. */
Shape.each = (pattern: RegExp, message: string): PropertyDecorator => shape(pattern, message, true);

const shape = (pattern: RegExp, message: string, each: boolean): PropertyDecorator =>
  ValidateBy({ name: 'shape', validator: { validate: (value) => typeof value === 'string' && value.length <= 512 && pattern.test(value), defaultMessage: () => message } }, { each });
