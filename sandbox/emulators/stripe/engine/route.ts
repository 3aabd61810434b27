import type { Doc } from './doc.js';
import { render } from './render.js';
import type { Row } from './store.js';
import type { World } from './world.js';

/** One call as an endpoint sees it. */
export interface Call {
  world: World;
  /** Checked parameters; unset ones are null. */
  params: Doc;
  /** Ids in the path, in order. */
  ids: string[];
  expand: string[];
}

/** An endpoint: its path as in schema/params.generated.ts, and what it does. Answers an object or a row to show. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  run: (call: Call) => Doc | Row;
}

/** Short forms for the tables of endpoints in resources/. */
export const get = (path: string, run: Endpoint['run']): Endpoint => ({ method: 'GET', path, run });
export const post = (path: string, run: Endpoint['run']): Endpoint => ({ method: 'POST', path, run });
export const del = (path: string, run: Endpoint['run']): Endpoint => ({ method: 'DELETE', path, run });

/** What an endpoint answered, ready for the wire. */
export function answer(call: Call, result: Doc | Row): Doc {
  return 'hidden' in result && 'doc' in result ? render(call.world, result as Row, call.expand) : result;
}

/** The first id of the path. */
export function pathId(call: Call): string {
  return call.ids[0] ?? '';
}
