import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal as Protos } from '@temporalio/proto';
import { temporal } from '#temporal/protos.js';

type HistoryEvent = Protos.api.history.v1.IHistoryEvent;
const { EventType } = temporal.api.enums.v1;

/** Billable actions by kind. The rules are Temporal Cloud's (its documentation, "Actions"). */
export type Actions = Record<'starts' | 'signals' | 'updates' | 'activities' | 'activity retries' | 'local activities' | 'timers' | 'children' | 'search attributes', number>;

export interface Count { events: number; actions: Actions }

export const noActions = (): Actions => ({ starts: 0, signals: 0, updates: 0, activities: 0, 'activity retries': 0, 'local activities': 0, timers: 0, children: 0, 'search attributes': 0 });

/** All events of all runs of a workflow id, oldest first. */
export async function eventsOf(client: Client, workflowId: string): Promise<HistoryEvent[]> {
  const runs: { runId: string; startTime: Date }[] = [];
  for await (const { runId, startTime } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runs.push({ runId, startTime });
  runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  const events: HistoryEvent[] = [];
  for (const { runId } of runs) events.push(...((await client.workflow.getHandle(workflowId, runId).fetchHistory()).events ?? []));
  return events;
}

export const timeOf = ({ eventTime }: Pick<HistoryEvent, 'eventTime'>): number => Number(eventTime?.seconds ?? 0) * 1_000 + Number(eventTime?.nanos ?? 0) / 1e6;

/** Name of the marker that the SDK leaves for a local activity (sdk-core). */
const LOCAL_ACTIVITY_MARKER = 'core_local_activity';
/** The marker's own data; the call's result stands beside it. */
interface LocalActivity { activity_type?: string }

/**
 * Counts what is billed: start, continue-as-new, signal, update, timer, upsert of search attributes, each attempt of an activity and all local activities
 * of one workflow task together 1, child start 2. A signal that came with the start is part of it; what is not in a history (queries, heartbeats, the Web UI) is not counted.
 * @param all the whole history; @param counted those of its events that fall into the month
 */
export function countActions(all: readonly HistoryEvent[], counted: readonly HistoryEvent[]): Count {
  const actions = noActions();
  const first = all[0];
  const tasksWithLocalActivities = new Set<string>();
  for (const event of counted) {
    switch (event.eventType) {
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: {
        // A child's start is counted with its parent, as 2.
        if (event.workflowExecutionStartedEventAttributes?.parentWorkflowExecution?.workflowId) break;
        actions.starts += 1;
        break;
      }
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: if (!(first !== undefined && Number(event.eventId) === 2 && timeOf(event) - timeOf(first) < 5)) actions.signals += 1; break;
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: actions.updates += 1; break;
      case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: actions.activities += 1; break;
      case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: actions['activity retries'] += Math.max(0, (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1); break;
      case EventType.EVENT_TYPE_MARKER_RECORDED: {
        const marker = event.markerRecordedEventAttributes;
        if (marker?.markerName !== LOCAL_ACTIVITY_MARKER) break;
        const task = String(marker.workflowTaskCompletedEventId);
        if (!tasksWithLocalActivities.has(task)) actions['local activities'] += 1;
        tasksWithLocalActivities.add(task);
        break;
      }
      case EventType.EVENT_TYPE_TIMER_STARTED: actions.timers += 1; break;
      case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: actions.children += 2; break;
      case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: actions['search attributes'] += 1; break;
      default: break;
    }
  }
  return { events: counted.length, actions };
}

/** Several counts in one. */
export function added(counts: readonly Count[]): Count {
  const actions = noActions();
  for (const count of counts) for (const key of Object.keys(actions) as (keyof Actions)[]) actions[key] += count.actions[key];
  return { events: counts.reduce((total, { events }) => total + events, 0), actions };
}

export const totalOf = ({ actions }: Count): number => Object.values(actions).reduce((total, figure) => total + figure, 0);

/** Types of the activities and of the local activities, with their number. */
export function activityTypes(events: readonly HistoryEvent[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const event of events) {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name ?? localActivityOf(event);
    if (name) types[name] = (types[name] ?? 0) + 1;
  }
  return types;
}

/** The SDK writes the marker's own data as plain JSON, past the codec. */
function localActivityOf({ markerRecordedEventAttributes: marker }: HistoryEvent): string | undefined {
  if (marker?.markerName !== LOCAL_ACTIVITY_MARKER) return undefined;
  const data = marker.details?.['data']?.payloads?.[0]?.data;
  return data ? (JSON.parse(Buffer.from(data).toString()) as LocalActivity).activity_type : undefined;
}

/** An evaluation that began with a look at Stripe: what had rung before it, and whether anything came of it. */
interface Look { ofClockOnly: boolean; rung: boolean; idle: boolean }
const READS_ONLY = new Set(['fetchBillingFacts', 'loadInstances', 'loadRules']);

/**
 * What the same life would have cost by the real clock, from a life on a test clock: without the clock's own doorbells, without the looks that only they asked
 * for and of which nothing came (1 for Stripe, 1 for the reads in the worker); and with one timer for each look that remains, as the wait after it begins one.
 * A look that the clock asked for and of which something came stays: there a deadline, a timer, would have asked.
 * @param events of `customer/<id>`, in order
 * @returns what to add to the count: mostly negative
 */
export async function onRealClock(client: Client, events: readonly HistoryEvent[]): Promise<{ clockBells: number; difference: number }> {
  let clockBells = 0;
  let rung: boolean[] = [];
  const looks: Look[] = [];
  for (const event of events) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) {
      const [bell] = await decodeArrayFromPayloads(client.options.loadedDataConverter, signal.input?.payloads) as { type?: string }[];
      const ofClock = bell?.type?.startsWith('test_helpers.') === true;
      rung.push(ofClock);
      if (ofClock) clockBells += 1;
      continue;
    }
    if (event.eventType === EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES && looks.length > 0) looks.at(-1)!.idle = false;
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name ?? localActivityOf(event);
    if (name === 'fetchBillingFacts') {
      looks.push({ ofClockOnly: rung.length > 0 && !rung.includes(false), rung: rung.length > 0, idle: true });
      rung = [];
    } else if (name !== undefined && !READS_ONLY.has(name) && looks.length > 0) looks.at(-1)!.idle = false;
  }
  const left = looks.filter(({ ofClockOnly, idle }) => !(ofClockOnly && idle));
  const timers = left.filter(({ rung: began }) => began).length;
  return { clockBells, difference: timers - clockBells - 2 * (looks.length - left.length) };
}
