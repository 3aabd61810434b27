import type { Me } from '../../api/types.js';

export type Section = 'finance' | 'support';

/** The parts of the house that a role works in; an operator works in both. The API decides again at each request. */
export const sectionsOf = ({ role }: Pick<Me, 'role'>): readonly Section[] =>
  (['support', 'finance'] as const).filter((section) => role === section || role === 'operator');

/** The section an address lies in, or null. */
export const sectionAt = (path: string): Section | null => (/^\/(finance|support)(\/|$)/.exec(path)?.[1] as Section | undefined) ?? null;
