import type { StepState } from './provisioning.types.js';

const MARKS: Readonly<Record<StepState, string>> = { waiting: '·', running: '▶', done: '✓', failed: '✗', undone: '↩' };

/** Markdown for the current details of a workflow: where it is, what failed, what support can do. */
export function stepsTable(title: string, steps: readonly { name: string; state: StepState; error: string | null }[], needsAttention: string | null): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300);
  return [
    `**${title}**`, '',
    '| | step | state | why |', '|---|---|---|---|',
    ...steps.map(({ name, state, error }) => `| ${MARKS[state]} | ${name.replaceAll('_', ' ')} | ${state} | ${cell(error ?? '')} |`),
    ...(needsAttention === null ? [] : ['', `**Needs attention:** ${cell(needsAttention)}`, '', 'Support can send the update `retryStep` (try once more) or `abandon` (clear it by hand).']),
  ].join('\n');
}
