/** Injection token of the `pg.Pool`. */
export const POOL = Symbol('POOL');
