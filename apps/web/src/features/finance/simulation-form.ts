import type { SimulationWish } from '../../api/finance.js';

export const STAGE_FIELDS = ['grace', 'downgraded', 'suspended', 'ended', 'torn_down'] as const;
export type StageField = (typeof STAGE_FIELDS)[number];
export type SimulationFields = Record<'retryDays' | 'customers' | 'seed' | StageField, string>;

export const NO_CHANGE: SimulationFields = { retryDays: '', customers: '1000', seed: '1', grace: '', downgraded: '', suspended: '', ended: '', torn_down: '' };

const WHOLE = /^\d{1,10}$/;
/** "1, 3, 5" → [1, 3, 5]; null where something in it is no whole number. "-" means none. */
export function daysOf(text: string): readonly number[] | null {
  if (text.trim() === '-') return [];
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  return parts.every((part) => WHOLE.test(part)) ? parts.map(Number) : null;
}

export type Fault = 'days' | 'number';
/** What is no number at all; whether a number fits the policy the server says. An empty field leaves today's value. */
export function faultsOf(values: SimulationFields): Partial<Record<keyof SimulationFields, Fault>> {
  const faults: Partial<Record<keyof SimulationFields, Fault>> = {};
  if (daysOf(values.retryDays) === null) faults.retryDays = 'days';
  for (const name of ['customers', 'seed'] as const) if (!WHOLE.test(values[name].trim())) faults[name] = 'number';
  for (const name of STAGE_FIELDS) if (values[name].trim() !== '' && !WHOLE.test(values[name].trim())) faults[name] = 'number';
  return faults;
}

export function wishOf(source: SimulationWish['source'], values: SimulationFields): SimulationWish {
  const days = daysOf(values.retryDays) ?? [];
  const stages = Object.fromEntries(STAGE_FIELDS.filter((name) => values[name].trim() !== '').map((name) => [name, { fromDay: Number(values[name]) }]));
  const changesDays = values.retryDays.trim() !== '';
  const policy = { ...(changesDays ? { payAgainOnDays: [...days] } : {}), ...(Object.keys(stages).length > 0 ? { stages } : {}) };
  return { source, customers: Number(values.customers), seed: Number(values.seed), ...(Object.keys(policy).length > 0 ? { policy } : {}) };
}

/** The field of the form that a field of the API means: `policy.stages.grace.fromDay` → `grace`. Null = none of ours. */
export function fieldOf(apiField: string): keyof SimulationFields | null {
  if (/payAgainOnDays/.test(apiField)) return 'retryDays';
  const stage = STAGE_FIELDS.find((name) => new RegExp(`(^|\\.)${name}(\\.|$)`).test(apiField));
  if (stage !== undefined) return stage;
  return apiField === 'customers' || apiField === 'seed' ? apiField : null;
}
