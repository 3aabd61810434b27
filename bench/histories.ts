import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal as Protos } from '@temporalio/proto';
import { temporal } from '#temporal/protos.js';

type HistoryEvent = Protos.api.history.v1.IHistoryEvent;
const { EventType } = temporal.api.enums.v1;

/** Billable actions by kind. The rules are Temporal Cloud's (its documentation, "Actions"). */
export type Actions = Record<'starts' | 'signals' | 'updates' | 'activities' | 'activity retries' | 'timers' | 'children' | 'search attributes', number>;

export interface Count { events: number; actions: Actions }

export const noActions = (): Actions => ({ starts: 0, signals: 0, updates: 0, activities: 0, 'activity retries': 0, timers: 0, children: 0, 'search attributes': 0 });

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

/**
 * Counts what is billed: start, continue-as-new, signal, update, timer, upsert of search attributes and each attempt of an activity 1, child start 2.
 * A signal that came with the start is part of it; what is not in a history (queries, heartbeats, the Web UI) is not counted.
 * @param all the whole history; @param counted those of its events that fall into the month
 */
export function countActions(all: readonly HistoryEvent[], counted: readonly HistoryEvent[]): Count {
  const actions = noActions();
  const first = all[0];
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

/** Types of the activities that were scheduled, with their number. */
export function activityTypes(events: readonly HistoryEvent[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const event of events) {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (name) types[name] = (types[name] ?? 0) + 1;
  }
  return types;
}

/**
 * What only test clocks asked for: their doorbells, and the two activities of each evaluation before which no other doorbell stood.
 * @param events of `customer/<id>`, in order
 */
export async function actionsOfClocks(client: Client, events: readonly HistoryEvent[]): Promise<number> {
  let actions = 0;
  let rung: boolean[] = [];
  for (const event of events) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) {
      const [bell] = await decodeArrayFromPayloads(client.options.loadedDataConverter, signal.input?.payloads) as { type?: string }[];
      const ofClock = bell?.type?.startsWith('test_helpers.') === true;
      rung.push(ofClock);
      if (ofClock) actions += 1;
    }
    if (event.activityTaskScheduledEventAttributes?.activityType?.name === 'fetchBillingFacts' && rung.length > 0) {
      if (!rung.includes(false)) actions += 2;
      rung = [];
    }
  }
  return actions;
}
