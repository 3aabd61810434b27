import { FAULT_MODES, type FaultMode } from './fault-plan.js';
import type { Manifest, ManifestStep } from './manifest.js';

/**
 * Which life is lived, and in which of its workflows the fault is planted:
 * `provision` of a free assistant · `undo` of one that fails late · `teardown` of a running one · `evaluate`, the customer's own look at the
 * facts · `checkout` of a paid plan · `cancel` and its undo · `refund` of a paid one that cannot be provisioned · `dunning`: a renewal that
 * fails, down to the smaller plan, and paid late · `ending`: one that is never paid, to the removal.
 */
export const SCENARIOS = ['provision', 'undo', 'teardown', 'evaluate', 'checkout', 'cancel', 'refund', 'dunning', 'ending'] as const;
export type Scenario = (typeof SCENARIOS)[number];
/** Lives with months of money: the faults are planted when the assistant runs, and occurrences are counted from there. */
export const MONEY_SCENARIOS: ReadonlySet<Scenario> = new Set<Scenario>(['dunning', 'ending']);

/** How a cell must end. `attention`: a person is asked, and all is well after the retry. */
export type Expectation = 'success' | 'success or clean' | 'attention' | 'clean';

/** `failsTwice`: two attempts in a row; `failsForEver`: each call, until a person has been asked; `hostSilent`: the Docker host takes the removal and answers nothing, nor does it. */
export type CellMode = FaultMode | 'failsTwice' | 'failsForEver' | 'hostSilent';

export interface Cell {
  readonly scenario: Scenario;
  readonly step: ManifestStep;
  readonly mode: CellMode;
  readonly expect: Expectation;
}

export const cellName = ({ scenario, step, mode }: Cell): string => `${scenario} ${step.activityType}#${step.occurrence} ${mode}`;

const RESUMES: readonly CellMode[] = ['transientBefore', 'transientAfter', 'runsTwice', 'runsTwiceAtOnce', 'lostAnswer'];
const UNDO_MODES: readonly CellMode[] = ['transientBefore', 'failsTwice', 'failsForEver', 'failsAfter', 'runsTwice', 'runsTwiceAtOnce', 'lostAnswer'];
/** Written after every step: the same code each time, so each place gets one mode in turn and every mode comes up many times. */
const IN_TURN = new Set(['recordSteps']);
/** Only tells of what is; a failure for good must not stop what it tells of. */
const TELLS = new Set(['recordSteps', 'setInstanceStatus', 'sendNotice']);

/** Where Docker's own calls are hit: unknown is not gone. */
export const REMOVES_ON_HOST: Readonly<Record<string, string>> = { removeNetwork: '/networks/', removeVolumes: '/volumes/', removeContainer: '/containers/' };

/** All cells of the matrix, from the steps that the reference runs found. */
export function allCells(manifest: Manifest): Cell[] {
  let turn = 0;
  return SCENARIOS.flatMap((scenario) => manifest[scenario].flatMap((step): Cell[] => {
    const all: readonly CellMode[] = scenario === 'undo' && !TELLS.has(step.activityType) ? UNDO_MODES : FAULT_MODES;
    const modes = IN_TURN.has(step.activityType) ? [all[turn++ % all.length]!] : [...all];
    if (REMOVES_ON_HOST[step.activityType] !== undefined && scenario !== 'provision') modes.push('hostSilent');
    return modes.map((mode) => ({ scenario, step, mode, expect: expectation(scenario, step, mode) }));
  }));
}

function expectation(scenario: Scenario, { activityType }: ManifestStep, mode: CellMode): Expectation {
  const forGood = mode === 'failsBefore' || mode === 'failsAfter' || mode === 'failsForEver';
  if (scenario === 'undo') return forGood && !TELLS.has(activityType) ? 'attention' : 'clean';
  if (scenario === 'refund' || scenario === 'ending') return 'clean';
  if (scenario === 'teardown') return forGood && !TELLS.has(activityType) ? 'attention' : 'clean';
  return RESUMES.includes(mode) || scenario !== 'provision' ? 'success' : 'success or clean';
}
