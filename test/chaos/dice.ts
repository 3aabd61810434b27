/** Chance that comes again with its seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(readonly seed: number) { this.#state = seed >>> 0; }

  /** 0 ≤ x < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  pick<T>(from: readonly T[]): T {
    const one = from[Math.floor(this.next() * from.length)];
    if (one === undefined) throw new Error('Nothing to pick from');
    return one;
  }

  shuffled<T>(given: readonly T[]): T[] {
    const left = [...given];
    return given.map(() => left.splice(Math.floor(this.next() * left.length), 1)[0]!);
  }
}
