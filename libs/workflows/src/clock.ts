/** The workflow's own clock, epoch milliseconds: Temporal replaces `Date` in workflows, so this replays exactly. */
// eslint-disable-next-line no-restricted-properties -- the one place that reads it
export const workflowNowMs = (): number => Date.now();
