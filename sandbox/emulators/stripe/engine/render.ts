import { copy, type Doc } from './doc.js';
import { invalid } from './errors.js';
import type { Row } from './store.js';
import { shown, type World } from './world.js';

/** Fields that appear only when asked for by `expand`, each with the way to make it. */
type Include = (world: World, row: Row) => unknown;
const includes = new Map<string, Include>();

/** Declares a field that Stripe sends only when expanded (`invoice.payments`). */
export function includable(kind: string, field: string, make: Include): void {
  includes.set(`${kind}.${field}`, make);
}

/** A list of complete objects, as Stripe nests it. */
export function nestedList(data: Doc[], url: string): Doc {
  return { object: 'list', data, has_more: false, total_count: data.length, url };
}

/** The wire form of a row with the asked-for fields expanded. */
export function render(world: World, row: Row, expand: string[] = []): Doc {
  const doc = present(world, row);
  for (const path of expand) expandPath(world, doc, path.split('.'), path);
  return doc;
}

/** Expands fields of an object that is not stored (a list, a preview). */
export function expandIn(world: World, doc: Doc, expand: string[]): Doc {
  for (const path of expand) expandPath(world, doc, path.split('.'), path);
  return doc;
}

/** A copy for the wire: prices inside subscription items, and what an event still owes, are shown as they are now. */
function present(world: World, row: Row): Doc {
  const doc = shown(row);
  if (row.kind === 'event') doc['pending_webhooks'] = world.store.owedOf(row.id);
  if (row.kind === 'subscription') {
    for (const item of doc['items'].data as Doc[]) {
      const price = world.get('price', item['price'].id as string);
      if (price) item['price'] = copy(price.doc);
    }
  }
  return doc;
}

function expandPath(world: World, target: unknown, path: string[], whole: string): void {
  if (path.length > 5) throw invalid(`You cannot expand more than 4 levels of a property (${whole}).`, 'expand', undefined, { saved: false });
  const [head = '', ...rest] = path;
  if (Array.isArray(target)) {
    for (const item of target) expandPath(world, item, path, whole);
    return;
  }
  if (typeof target !== 'object' || target === null) return;
  const doc = target as Doc;
  const refuse = (): never => {
    throw invalid(`This property cannot be expanded (${whole}). You may want to try expanding 'data.${whole}' instead.`, 'expand', undefined, { saved: false });
  };
  if (head === 'data' && doc['object'] === 'list') {
    if (rest.length === 0) return;
    for (const item of doc['data'] as unknown[]) expandPath(world, item, rest, whole);
    return;
  }
  if (doc[head] === undefined) {
    const row = typeof doc['id'] === 'string' ? world.store.get(doc['id']) : undefined;
    const make = row && includes.get(`${row.kind}.${head}`);
    if (make) doc[head] = make(world, row);
    else if (doc['deleted'] === true) return;
    else refuse();
  } else if (typeof doc[head] === 'string') {
    const row = world.store.get(doc[head]);
    if (!row) refuse();
    else doc[head] = present(world, row);
  } else if (Array.isArray(doc[head])) {
    doc[head] = (doc[head] as unknown[]).map((item) => {
      const row = typeof item === 'string' ? world.store.get(item) : undefined;
      return row ? present(world, row) : item;
    });
  }
  if (rest.length > 0) expandPath(world, doc[head], rest, whole);
}
