import type { Doc } from './doc.js';
import { invalid, noSuch } from './errors.js';
import { render } from './render.js';
import type { Row } from './store.js';
import type { World } from './world.js';

/** Keeps an expansion of a list (`data.customer`) apart from one of the list itself. */
function inner(expand: string[]): string[] {
  return expand.map((path) => {
    if (path !== 'data' && !path.startsWith('data.')) {
      throw invalid(`This property cannot be expanded (${path}). You may want to try expanding 'data.${path}' instead.`, 'expand', undefined, { saved: false });
    }
    return path.slice('data.'.length);
  });
}

/** One page, newest first: `limit` (1–100, 10 if absent), `starting_after`, `ending_before`. `rows` come oldest first. */
export function page(world: World, rows: Row[], params: Doc, url: string, order: 'newest' | 'oldest' = 'newest'): Doc {
  const limit = (params['limit'] as number | undefined) ?? 10;
  if (limit < 1 || limit > 100) {
    const [bound, code] = limit < 1 ? ['greater than or equal to 1', 'parameter_invalid_integer'] : ['less than or equal to 100', 'parameter_invalid_integer'];
    throw invalid(`This value must be ${bound} (it currently is '${limit}').`, 'limit', code, { saved: false });
  }
  const after = params['starting_after'] as string | undefined;
  const before = params['ending_before'] as string | undefined;
  if (after && before) throw invalid('You may only specify one of these parameters: ending_before, starting_after.', undefined, undefined, { saved: false });
  const ordered = order === 'newest' ? [...rows].reverse() : rows;
  const at = (id: string, param: string): number => {
    const index = ordered.findIndex((row) => row.id === id);
    if (index < 0) throw noSuch(ordered[0]?.kind.replaceAll('_', ' ') ?? 'object', id, param);
    return index;
  };
  let start = after ? at(after, 'starting_after') + 1 : 0;
  let end = Math.min(start + limit, ordered.length);
  let more = end < ordered.length;
  if (before) {
    end = at(before, 'ending_before');
    start = Math.max(0, end - limit);
    more = start > 0;
  }
  const expand = inner((params['expand'] as string[] | undefined) ?? []);
  return { object: 'list', data: ordered.slice(start, end).map((row) => render(world, row, expand)), has_more: more, url };
}

/** Rows of a kind that fit the given filters among its indexed `fields`; found by index, not by a walk. */
export function narrowed(world: World, kind: string, params: Doc, fields: string[]): Row[] {
  const given = fields.filter((field) => typeof params[field] === 'string');
  const [first, ...rest] = given;
  if (first === undefined) return world.store.all(kind);
  const others = rest.map((field) => new Set(world.store.by(kind, field, params[field] as string)));
  return world.store.by(kind, first, params[first] as string).filter((row) => others.every((set) => set.has(row)));
}

/** Stripe's time filter: an exact second or `gt`, `gte`, `lt`, `lte`. */
export function within(value: number, filter: number | Doc | undefined): boolean {
  if (filter === undefined) return true;
  if (typeof filter === 'number') return value === filter;
  const { gt, gte, lt, lte } = filter as { gt?: number; gte?: number; lt?: number; lte?: number };
  return (gt === undefined || value > gt) && (gte === undefined || value >= gte) && (lt === undefined || value < lt) && (lte === undefined || value <= lte);
}
