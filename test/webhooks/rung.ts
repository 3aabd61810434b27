import type pg from 'pg';
import { loadEnvironment } from '#config/environment.js';
import { connectTemporal, type TemporalClient } from '#temporal/client.js';
import { createDataConverter } from '#temporal/data-converter.js';
import { statusQuery } from '#workflows/contracts/customer-lifecycle.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import type { TestStack } from '../life/test-stack.js';

/** From now on every doorbell that is committed to the outbox is on record, in the same transaction. */
export async function recordRings(pool: pg.Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE test_ring (event_id text NOT NULL, customer_id uuid NOT NULL);
    CREATE FUNCTION test_record_ring() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test_ring VALUES (NEW.payload ->> 'eventId', NEW.customer_id); RETURN NEW; END $$;
    CREATE TRIGGER test_ring AFTER INSERT ON outbox FOR EACH ROW WHEN (NEW.topic = 'stripeChanged') EXECUTE FUNCTION test_record_ring()`);
}

/** Reads what the customers' workflows were told, from Temporal itself. */
export class Histories {
  private constructor(private readonly temporal: TemporalClient, private readonly codec: { decode: (payloads: never[]) => Promise<{ data?: Uint8Array | null }[]> }) {}

  static async open({ stack }: TestStack): Promise<Histories> {
    const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_CODEC_KEYS: codecKeys } = loadEnvironment(stack.env);
    const [codec] = createDataConverter(codecKeys).payloadCodecs ?? [];
    return new Histories(await connectTemporal({ address, namespace, codecKeys }), codec as never);
  }

  close(): Promise<void> { return this.temporal.close(); }

  /** The ids of events in each `stripeChanged` signal, over all runs of the customer's workflow. */
  async rings(customerId: string): Promise<string[][]> {
    const workflowId = customerWorkflowId(customerId);
    const rings: string[][] = [];
    for (let runId: string | undefined = ''; runId !== undefined;) {
      const { events } = await this.temporal.client.workflow.getHandle(workflowId, runId === '' ? undefined : runId).fetchHistory();
      runId = undefined;
      for (const event of events ?? []) {
        runId ??= event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
        const signal = event.workflowExecutionSignaledEventAttributes;
        if (signal?.signalName !== 'stripeChanged') continue;
        const [payload] = await this.codec.decode((signal.input?.payloads ?? []) as never[]);
        rings.push((JSON.parse(Buffer.from(payload?.data ?? []).toString('utf8')) as { eventId: string }).eventId.split('+'));
      }
    }
    return rings;
  }

  /** Messages that the workflow has been told but not yet taken in. */
  async waiting(customerId: string): Promise<number> {
    return (await this.temporal.client.workflow.getHandle(customerWorkflowId(customerId)).query(statusQuery)).inboxLength;
  }
}
