import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { EncryptionCodec } from '#temporal/payload-codec.js';
import type { World } from './world.js';

/** One event of the workflow's history, newest first. */
export interface HistoryLine { id: string; at: string; type: string; name: string; summary: string }

const READ = 80;
const SHOWN = 14;
/** `EVENT_TYPE_*` of temporal.api.enums.v1 that a person wants to read, in the UI's words. */
const WORDS: Readonly<Record<number, string>> = {
  1: 'Workflow started', 10: 'Activity scheduled', 12: 'Activity completed', 13: 'Activity failed', 14: 'Activity timed out', 17: 'Timer started', 18: 'Timer fired', 19: 'Timer canceled', 25: 'Marker',
  26: 'Signaled', 28: 'Continued as new', 29: 'Child initiated', 31: 'Child started', 32: 'Child completed', 33: 'Child failed', 39: 'Search attributes upserted', 41: 'Update accepted', 43: 'Update completed', 45: 'Properties modified',
};

interface Event {
  eventId?: unknown; eventType?: number | null; eventTime?: { seconds?: unknown } | null; userMetadata?: { summary?: unknown } | null;
  activityTaskScheduledEventAttributes?: { activityType?: { name?: string | null } | null } | null;
  workflowExecutionSignaledEventAttributes?: { signalName?: string | null } | null;
  markerRecordedEventAttributes?: { markerName?: string | null } | null;
  workflowExecutionUpdateAcceptedEventAttributes?: { acceptedRequest?: { input?: { name?: string | null } | null } | null } | null;
  startChildWorkflowExecutionInitiatedEventAttributes?: { workflowType?: { name?: string | null } | null } | null;
  childWorkflowExecutionCompletedEventAttributes?: { workflowType?: { name?: string | null } | null } | null;
}

/** The tail of a customer's history in Temporal, with the summaries in words. Empty where there is no workflow yet. Rejects when Temporal does not answer. */
export async function readHistoryTail(world: World, customerId: string): Promise<HistoryLine[]> {
  const { connection } = await world.temporal();
  let events: Event[];
  try {
    const answer = await connection.workflowService.getWorkflowExecutionHistoryReverse({ namespace: world.settings.temporal.namespace, execution: { workflowId: customerWorkflowId(customerId) }, maximumPageSize: READ });
    events = (answer.history?.events ?? []) as Event[];
  } catch (error) {
    if ((error as { code?: number }).code === 5 /* NOT_FOUND */) return [];
    throw error;
  }
  const wanted = events.filter(({ eventType }) => WORDS[eventType ?? 0] !== undefined).slice(0, SHOWN);
  return Promise.all(wanted.map(async (event) => ({
    id: String(event.eventId ?? ''), at: new Date(Number(event.eventTime?.seconds ?? 0) * 1000).toISOString(), type: WORDS[event.eventType ?? 0] ?? '', name: nameOf(event), summary: await summaryOf(world, event),
  })));
}

const nameOf = (event: Event): string => event.activityTaskScheduledEventAttributes?.activityType?.name ?? event.workflowExecutionSignaledEventAttributes?.signalName
  ?? event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name ?? event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name
  ?? event.childWorkflowExecutionCompletedEventAttributes?.workflowType?.name ?? event.markerRecordedEventAttributes?.markerName?.replace('core_local_activity', 'local activity') ?? '';

/** Summaries are encrypted as all payloads are; one that cannot be read is left out. */
async function summaryOf(world: World, { userMetadata }: Event): Promise<string> {
  const summary = userMetadata?.summary as Parameters<EncryptionCodec['decode']>[0][number] | null | undefined;
  if (summary == null || world.settings.temporal.codecKeys.length === 0) return '';
  try {
    const [plain] = await new EncryptionCodec(world.settings.temporal.codecKeys).decode([summary]);
    const text: unknown = JSON.parse(Buffer.from(plain?.data ?? []).toString('utf8'));
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}
