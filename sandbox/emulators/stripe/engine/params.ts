import type { Doc } from './doc.js';
import { invalid, type StripeFault } from './errors.js';
import type { Raw } from './form.js';
import { type Type } from './schema.js';

/** Strings that Stripe lets a caller clear with an empty value although the declarations say `string`. */
const clearable = new Set(['description', 'email', 'name', 'phone', 'nickname', 'comment', 'memo', 'footer', 'default_payment_method', 'statement_descriptor', 'url', 'lookup_key']);

const refuse = (message: string, param: string, code?: string): StripeFault => invalid(message, param, code, { saved: false });

/** "a, b, or c" as Stripe writes its lists. */
function oneOf(values: string[]): string {
  if (values.length < 2) return values.join('');
  if (values.length === 2) return `${values[0]} or ${values[1]}`;
  return `${values.slice(0, -1).join(', ')}, or ${values.at(-1)}`;
}

/**
 * Reads and checks parameters against an endpoint's table. Unset values (`''`) become null.
 * Throws Stripe's own refusals: parameter_unknown, parameter_missing, parameter_invalid_integer, parameter_invalid_empty, bad enums.
 */
export function readParams(type: Type, raw: { [key: string]: Raw }): Doc {
  return readObject(type, raw, '');
}

const child = (path: string, key: string): string => (path === '' ? key : `${path}[${key}]`);

function readObject(type: Type, raw: { [key: string]: Raw }, path: string): Doc {
  if (type.is !== 'object') throw new Error(`a parameter table must be an object at ${path}`);
  const out: Doc = {};
  const unknown = Object.keys(raw).filter((key) => !type.fields.has(key));
  if (unknown.length > 0) {
    const names = unknown.map((key) => child(path, key));
    const message = `Received unknown parameter${names.length > 1 ? 's' : ''}: ${names.join(', ')}`;
    throw refuse(message, names[0] ?? '', 'parameter_unknown');
  }
  for (const [key, field] of type.fields) {
    const value = raw[key];
    if (value === undefined) {
      if (!field.optional) throw refuse(`Missing required param: ${child(path, key)}.`, child(path, key), 'parameter_missing');
      continue;
    }
    out[key] = readValue(field.type, value, child(path, key), key);
  }
  return out;
}

function alternatives(type: Type): Type[] {
  return type.is === 'either' ? type.of : [type];
}

function readValue(type: Type, value: Raw, path: string, key: string): unknown {
  const options = alternatives(type);
  const find = <K extends Type['is']>(is: K): Extract<Type, { is: K }> | undefined => options.find((option): option is Extract<Type, { is: K }> => option.is === is);
  if (find('*')) return plain(value);
  if (typeof value === 'string') {
    if (value === '') return readEmpty(options, path, key);
    const literals = options.flatMap((option) => (option.is === 'x' ? [option.value] : []));
    if (literals.includes(value)) return value;
    if (find('i')) return readNumber(value, path, key, literals);
    if (find('b')) {
      if (value === 'true' || value === 'false') return value === 'true';
      throw refuse(`Invalid boolean: ${value}`, path);
    }
    if (find('d')) {
      if (!/^-?\d+(\.\d{1,12})?$/.test(value)) throw refuse(`Invalid decimal: ${value}`, path, 'parameter_invalid_decimal');
      return value;
    }
    if (find('s')) {
      if (value.length > 5000) throw refuse(`Invalid string: ${value.slice(0, 20)}…; must be at most 5000 characters`, path, 'parameter_invalid_string_too_long');
      return value;
    }
    if (literals.length > 0) throw refuse(`Invalid ${path}: must be one of ${oneOf(literals)}`, path);
    if (find('list')) throw refuse('Invalid array', path);
    throw refuse('Invalid object', path);
  }
  const list = find('list');
  if (list) {
    const items = asArray(value);
    if (items) return items.map((item, index) => readValue(list.of, item, child(path, String(index)), key));
    if (!find('object')) throw refuse('Invalid array', path);
  }
  if (Array.isArray(value)) throw refuse(find('object') ? 'Invalid object' : `Invalid string: ${JSON.stringify(value)}`, path);
  if (find('m')) return readMetadata(value, path);
  const object = find('object');
  if (object) return readObject(object, value, path);
  throw refuse(`Invalid string: ${JSON.stringify(value)}`, path);
}

function readEmpty(options: Type[], path: string, key: string): unknown {
  if (options.some((option) => option.is === '""' || option.is === 'n')) return null;
  if (options.some((option) => option.is === 'list')) return [];
  if (options.some((option) => option.is === 'm')) return null;
  if (options.some((option) => option.is === 's') && clearable.has(key)) return null;
  throw refuse(
    `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however '${path}' cannot be unset. You should remove '${path}' from your request or supply a non-empty value.`,
    path,
    'parameter_invalid_empty',
  );
}

function readNumber(value: string, path: string, key: string, literals: string[]): number {
  const decimal = /percent/.test(key);
  if (!(decimal ? /^-?\d+(\.\d+)?$/ : /^-?\d{1,15}$/).test(value)) {
    if (literals.length > 0) throw refuse(`Invalid ${path}: must be one of ${oneOf(literals)} or an integer`, path);
    throw decimal ? refuse(`Invalid decimal: ${value}`, path) : refuse(`Invalid integer: ${value}`, path, 'parameter_invalid_integer');
  }
  return Number(value);
}

function readMetadata(value: { [key: string]: Raw }, path: string): Doc {
  const out: Doc = {};
  const keys = Object.keys(value);
  if (keys.length > 50) throw refuse('Metadata can have up to 50 keys.', path);
  for (const key of keys) {
    const text = value[key];
    if (typeof text !== 'string') throw refuse(`Invalid string: ${JSON.stringify(text)}`, child(path, key));
    if (key.length > 40) throw refuse(`Metadata keys can have up to 40 characters, but you passed in a key with ${key.length} characters. Invalid key: ${key}`, path);
    if (text.length > 500) {
      throw refuse(`Metadata values can have up to 500 characters, but you passed in a value that is ${text.length} characters. Invalid value: ${text.slice(0, 40)}…`, path);
    }
    out[key] = text;
  }
  return out;
}

/** `a[]=` lists as they are; `a[0]=`, `a[1]=` by rising index; anything else is not an array. */
function asArray(value: Raw[] | { [key: string]: Raw }): Raw[] | undefined {
  if (Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length === 0 || !keys.every((key) => /^\d+$/.test(key))) return undefined;
  return keys.sort((a, b) => Number(a) - Number(b)).map((key) => value[key] ?? '');
}

function plain(value: Raw): unknown {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plain);
  return asArray(value)?.map(plain) ?? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** Stripe's metadata rule: keys are merged, an empty value removes its key, `metadata=''` removes all. */
export function mergeMetadata(current: Doc | null | undefined, change: Doc | null | undefined): Doc {
  if (change === undefined) return current ?? {};
  if (change === null) return {};
  const merged = { ...current, ...change };
  for (const [key, value] of Object.entries(merged)) if (value === '') delete merged[key];
  return merged;
}
