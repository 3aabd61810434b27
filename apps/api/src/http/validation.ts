import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { invalid, Problem, type Fields } from './problem.js';
import { checkText, fieldName } from './unicode.js';

/** Field → sentence; the sentences stand in the DTOs. */
export function fieldsOf(errors: readonly ValidationError[], prefix = ''): Fields {
  const fields: Record<string, string> = {};
  for (const { property, constraints, children } of errors) {
    const path = fieldName(prefix === '' ? property : `${prefix}.${property}`);
    if (constraints !== undefined) {
      fields[path] = 'whitelistValidation' in constraints ? 'There is no such field: take it out, or check its spelling.' : (Object.values(constraints)[0] ?? 'Is not valid.');
    }
    Object.assign(fields, fieldsOf(children ?? [], path));
  }
  return fields;
}

const SENTENCE: Readonly<Record<string, string>> = { body: 'Some fields of the body need a change.', query: 'Some parameters of the address need a change.' };

/** Checks what comes in against the DTOs: unknown fields are refused by name, and so is text that cannot be stored. */
export class InputPipe extends ValidationPipe {
  constructor() {
    super({ whitelist: true, forbidNonWhitelisted: true, transform: true, stopAtFirstError: true, validationError: { target: false, value: false }, exceptionFactory: (errors) => invalid(fieldsOf(errors)) });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return value;
    if (metadata.type === 'param') {
      checkText(value, metadata.data ?? '');
      return value;
    }
    const input = value === undefined ? {} : value;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new Problem(400, 'VALIDATION_FAILED', 'The body must be a JSON object.');
    checkText(input);
    try {
      return await super.transform(input, metadata);
    } catch (error) {
      if (error instanceof Problem && error.fields !== undefined) throw invalid(error.fields, SENTENCE[metadata.type]);
      throw error;
    }
  }
}
