import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { isGrpcServiceError, WithStartWorkflowOperation, WorkflowUpdateRPCTimeoutOrCancelledError, type Client } from '@temporalio/client';
import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { Environment } from '#config/environment.js';
import { connectTemporal, type TemporalClient } from '#temporal/client.js';
import { CUSTOMER_LIFECYCLE, type CustomerLifecycleInput } from '#workflows/contracts/customer-lifecycle.js';
import { LIFECYCLE_QUEUE } from '#workflows/contracts/queues.js';
import { customerWorkflowId } from '#workflows/contracts/workflow-ids.js';
import { unavailable } from '../http/problem.js';
import { ENVIRONMENT } from '../tokens.js';
import { problemOfUpdate } from './update-problems.js';

const CONNECT_WAIT_MS = 2_000;
const SIGNAL_DEADLINE_MS = 5_000;
/** Longer than the activities behind an update may take in all (retry profile `billingInteractive`). */
const UPDATE_DEADLINE_MS = 50_000;

/** The API's way to `customer/<id>`: signals and updates, each of which starts the workflow where it does not run yet. */
@Injectable()
export class TemporalService implements OnApplicationShutdown {
  private readonly logger = new Logger(TemporalService.name);
  private connecting: Promise<TemporalClient> | null = null;

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  async onApplicationShutdown(): Promise<void> {
    const made = await this.connecting?.catch(() => null);
    await made?.close();
  }

  /** The client; connects on first use, and again after a connect that failed. Rejects when nothing answers within two seconds. */
  async connected(): Promise<TemporalClient> {
    const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_CODEC_KEYS } = this.environment;
    this.connecting ??= connectTemporal({ address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE, codecKeys: TEMPORAL_CODEC_KEYS }, CONNECT_WAIT_MS);
    try {
      return await this.connecting;
    } catch (error) {
      this.connecting = null;
      throw error;
    }
  }

  /** Sends a signal to the customer's workflow, which is started by it if need be. Rejects when Temporal has not taken it. */
  async signalCustomer<Message>(customerId: string, signal: SignalDefinition<[Message]>, message: Message): Promise<void> {
    const { client } = await this.connected();
    await client.withDeadline(Date.now() + SIGNAL_DEADLINE_MS, () =>
      client.workflow.signalWithStart(CUSTOMER_LIFECYCLE, { ...start(customerId), signal, signalArgs: [message] }));
  }

  /**
   * Asks the customer's workflow for something and waits for its answer. The same `updateId` is acted on once.
   * Throws a Problem: the workflow's own refusal, or 503 where nobody answers.
   */
  async updateCustomer<Answer, Question>(customerId: string, update: UpdateDefinition<Answer, [Question]>, question: Question, updateId: string): Promise<Answer> {
    try {
      const { client } = await this.connected();
      return await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () => this.ask(client, customerId, update, question, updateId));
    } catch (error) {
      const problem = problemOfUpdate(error);
      if (problem !== null) throw problem;
      if (isGrpcServiceError(error) || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isConnectError(error)) {
        this.logger.warn(`Update ${update.name} was not answered: ${error instanceof Error ? error.message : 'unknown'}`);
        throw unavailable('LIFECYCLE_UNAVAILABLE', 'The service behind this does not answer at the moment. Look at the present state before you try again.');
      }
      throw error;
    }
  }

  private ask<Answer, Question>(client: Client, customerId: string, update: UpdateDefinition<Answer, [Question]>, question: Question, updateId: string): Promise<Answer> {
    const startWorkflowOperation = new WithStartWorkflowOperation(CUSTOMER_LIFECYCLE, { ...start(customerId), workflowIdConflictPolicy: 'USE_EXISTING' });
    return client.workflow.executeUpdateWithStart(update, { args: [question], updateId, startWorkflowOperation });
  }
}

const start = (customerId: string): { workflowId: string; taskQueue: string; args: [CustomerLifecycleInput]; staticSummary: string } =>
  ({ workflowId: customerWorkflowId(customerId), taskQueue: LIFECYCLE_QUEUE, args: [{ customerId }], staticSummary: 'The life of a customer' });

const isConnectError = (error: unknown): boolean => error instanceof Error && /Nothing answers at|Failed to connect/.test(error.message);
