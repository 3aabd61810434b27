import type { Doc } from '../engine/doc.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';

type Ring = (world: World, subject: Row, facts: Doc) => void;
const bells = new Map<string, Ring>();

/** Declares what happens when a timer of this name is due. */
export function onTimer(what: string, ring: Ring): void {
  bells.set(what, ring);
}

/** Sets a timer on the clock of its subject; it survives a restart. */
export function setTimer(world: World, what: string, subject: Row, at: number, facts: Doc = {}): void {
  world.store.put({ kind: 'timer', id: `timer_${what}_${subject.id}`, clock: subject.clock, doc: { what, subject: subject.id, at, facts }, hidden: {} });
}

/** Takes a timer away; one that is not set is fine. */
export function clearTimer(world: World, what: string, subject: Row): void {
  const id = `timer_${what}_${subject.id}`;
  if (world.get('timer', id)) world.store.remove(id);
}

/** Runs a due timer, once. */
export function ring(world: World, timer: Row): void {
  const { what, subject, facts } = timer.doc as { what: string; subject: string; facts: Doc };
  world.store.remove(timer.id);
  const row = world.store.get(subject);
  if (row) bells.get(what)?.(world, row, facts);
}

/** The instant `days` business days (Monday to Friday, UTC) after `from`, in seconds. */
export function businessDaysAfter(from: number, days: number): number {
  let at = from;
  for (let left = days; left > 0; ) {
    at += 86_400;
    const weekday = new Date(at * 1000).getUTCDay();
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return at;
}
