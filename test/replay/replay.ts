import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { loadEnvironment } from '#config/environment.js';
import type { temporal } from '@temporalio/proto';
import { createDataConverter } from '#temporal/data-converter.js';
import { TEST_CODEC_KEYS } from '#testing/harness/test-codec-key.js';
import { quietRuntime } from '#testing/harness/workers.js';

type History = temporal.api.history.v1.IHistory;
type JsonEvent = {
  eventType: string;
  workflowExecutionStartedEventAttributes?: { workflowType: { name: string } };
  workflowExecutionUpdateAcceptedEventAttributes?: { acceptedRequest: { input: { name: string } } };
};
export interface GoldenHistory { readonly name: string; readonly workflowType: string; readonly events: readonly JsonEvent[] }

const { TEMPORAL_CODEC_KEYS } = loadEnvironment({ CLAWKEEP_SANDBOX: '1', DATABASE_URL: 'postgres://unused', SMTP_URL: 'smtp://unused', STORAGE_DIR: 'unused', TEMPORAL_CODEC_KEYS: TEST_CODEC_KEYS });
const TASK_STARTED = 'EVENT_TYPE_WORKFLOW_TASK_STARTED';

/** Every history in the folder, as it was recorded. */
export function goldenHistories(folder: string): GoldenHistory[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((file) => {
    const { events } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { events: JsonEvent[] };
    return { name: file.replace(/\.json$/, ''), workflowType: events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name ?? '', events };
  });
}

/** A replay of each beginning of a year with money would cost minutes, most of it for the beginning of the beginning. */
const MOST_BEGINNINGS = 40;

/**
 * The whole history, and what a worker would have had of it at each of its tasks; of a long one every so-manieth, so that there are at most 40. Only
 * cuts behind a started task say anything; a history of one event would be waited for without end.
 */
export function prefixesOf({ name, events }: GoldenHistory): { workflowId: string; history: History }[] {
  const ends = events.flatMap(({ eventType }, at) => (eventType === TASK_STARTED ? [at + 1] : []));
  const every = Math.ceil(ends.length / MOST_BEGINNINGS);
  return [...new Set([...ends.filter((_, at) => at % every === 0), events.length])].map((end) => ({
    workflowId: `${name}/${end}`, history: historyFromJSON({ events: events.slice(0, end) }),
  }));
}

/** Replays with the house's data converter against a workflow bundle; answers what did not replay: `name/events` → the error's name. */
export async function replay(code: string, histories: Iterable<{ workflowId: string; history: History }>): Promise<Record<string, string>> {
  quietRuntime();
  const refused: Record<string, string> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { code }, dataConverter: createDataConverter(TEMPORAL_CODEC_KEYS) }, histories)) {
    if (error) refused[workflowId] = error.name;
  }
  return refused;
}
