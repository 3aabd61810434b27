import { objectShapes } from '../schema/shapes.generated.js';
import type { Doc } from './doc.js';
import { type Type, TypeTable } from './schema.js';

const table = new TypeTable(objectShapes);
const byObject = new Map<string, string>();
for (const line of objectShapes.split('\n')) {
  const match = /^(\w+) \{.*?object:'([\w.]+)'/.exec(line);
  if (match?.[1] && match[2] && !/(^|_)Deleted/.test(match[1]) && !byObject.has(match[2])) byObject.set(match[2], match[1]);
}

/** The field table of an object kind, by its wire name (`invoice`) . */
export function shapeOf(object: string): Type | undefined {
  const name = byObject.get(object);
  return name === undefined ? undefined : table.get(name);
}

const options = (type: Type): Type[] => (type.is === 'either' ? type.of : [type]);

/**
 * Adds the fields that Stripe always sends and the caller left out: null where null is allowed, else an empty list, map or false.
 * A required string or number is never invented.
 */
export function complete(object: string, doc: Doc): Doc {
  const shape = shapeOf(object);
  return shape?.is === 'object' ? fill(shape, doc) : doc;
}

function fill(type: Extract<Type, { is: 'object' }>, doc: Doc): Doc {
  const out: Doc = {};
  for (const [name, field] of type.fields) {
    const value: unknown = doc[name];
    if (value === undefined) {
      if (!field.optional) {
        const fallback = emptyOf(field.type);
        if (fallback !== undefined) out[name] = fallback;
      }
      continue;
    }
    out[name] = fillValue(field.type, value);
  }
  for (const [name, value] of Object.entries(doc)) if (!(name in out) && value !== undefined) out[name] = value;
  return out;
}

function fillValue(type: Type, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  const objects = options(type).filter((option): option is Extract<Type, { is: 'object' }> => option.is === 'object');
  const lists = options(type).filter((option): option is Extract<Type, { is: 'list' }> => option.is === 'list');
  if (Array.isArray(value)) return lists[0] ? value.map((item) => fillValue((lists[0] as Extract<Type, { is: 'list' }>).of, item)) : value;
  return objects.length === 1 && objects[0] ? fill(objects[0], value as Doc) : value;
}

function emptyOf(type: Type): unknown {
  const all = options(type);
  if (all.some((option) => option.is === 'n')) return null;
  for (const option of all) {
    if (option.is === 'list') return [];
    if (option.is === 'm') return {};
    if (option.is === 'b') return false;
    if (option.is === 'object') return fill(option, {});
    if (option.is === 'x' && all.length === 1) return option.value;
  }
  return undefined;
}

/** What is wrong with an object against its table, as `path: reason`; empty when it fits. For the contract suite. */
export function misfits(doc: Doc, path = String(doc['object'])): string[] {
  const shape = shapeOf(String(doc['object']));
  if (shape?.is !== 'object') return [`${path}: no table for this object`];
  if (doc['deleted'] === true) return [];
  return compareObject(shape, doc, path);
}

function compareObject(type: Extract<Type, { is: 'object' }>, doc: Doc, path: string): string[] {
  // An interface without fields stands for any object (`event.data.object`).
  if (type.fields.size === 0) return [];
  const wrong: string[] = [];
  for (const [name, field] of type.fields) {
    if (name === 'deleted') continue;
    if (doc[name] === undefined) {
      if (!field.optional) wrong.push(`${path}.${name}: missing`);
    } else wrong.push(...compare(field.type, doc[name], `${path}.${name}`));
  }
  for (const name of Object.keys(doc)) if (!type.fields.has(name)) wrong.push(`${path}.${name}: not a field of this version`);
  return wrong;
}

function compare(type: Type, value: unknown, path: string): string[] {
  const all = options(type);
  if (all.some((option) => option.is === '*')) return [];
  if (value === null) return all.some((option) => option.is === 'n') ? [] : [`${path}: null`];
  if (typeof value === 'string') return all.some((o) => o.is === 's' || o.is === 'd' || (o.is === 'x' && o.value === value)) ? [] : [`${path}: string ${value}`];
  if (typeof value === 'number') return all.some((o) => o.is === 'i') ? [] : [`${path}: number`];
  if (typeof value === 'boolean') return all.some((o) => o.is === 'b') ? [] : [`${path}: boolean`];
  if (Array.isArray(value)) {
    const list = all.find((o): o is Extract<Type, { is: 'list' }> => o.is === 'list');
    return list ? value.flatMap((item, index) => compare(list.of, item, `${path}[${index}]`)) : [`${path}: array`];
  }
  const doc = value as Doc;
  if (doc['object'] === 'list') {
    const page = all.find((o): o is Extract<Type, { is: 'page' }> => o.is === 'page');
    return page ? (doc['data'] as unknown[]).flatMap((item, index) => compare(page.of, item, `${path}.data[${index}]`)) : [`${path}: list`];
  }
  const object = all.find((o): o is Extract<Type, { is: 'object' }> => o.is === 'object');
  if (object) return compareObject(object, doc, path);
  if (all.some((o) => o.is === 'named' || o.is === 'page')) return misfits(doc, path);
  return all.some((o) => o.is === 'm') ? [] : [`${path}: object`];
}
