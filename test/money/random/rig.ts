import type { UpdateDefinition } from '@temporalio/common';
import type Stripe from 'stripe';
import type { DataSource } from 'typeorm';
import type { InstanceWish } from '#domain/instance/instance.types.js';
import type { Person } from '#testing/harness/people.js';
import type { CustomerStatusView } from '#workflows/contracts/customer-lifecycle.js';
import type { Delivery, StepFault } from './acts.js';

/** Where a history is played: the product round one customer, in this process or on a Temporal server. */
export interface Rig {
  readonly person: Person;
  readonly dataSource: DataSource;
  /** A person's and a bank's way to Stripe, not the product's. */
  readonly stripe: Stripe;
  control<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
  update<Answer, Question>(definition: UpdateDefinition<Answer, [Question]>, question: Question): Promise<Answer>;
  wish(wish: InstanceWish): Promise<void>;
  status(): Promise<CustomerStatusView>;
  /** Rings as one more event of Stripe would. */
  ring(): Promise<void>;
  /** What Stripe had to tell is told in this way, while its API has this fault; then until the product rests. */
  deliver(delivery: Delivery, fault?: StepFault | null): Promise<void>;
  settle(): Promise<void>;
  /** What only a process of our own can do; null on a server. */
  readonly inProcess: InProcessActs | null;
}

export interface InProcessActs {
  readonly broken: readonly string[];
  /** Faults of the requests that the product makes from now on, until `clearFaults`. */
  fault(fault: StepFault): Promise<void>;
  clearFaults(): Promise<void>;
  /** What was lost or late is told after all. */
  redeliver(): Promise<void>;
  continueAsNew(): Promise<void>;
  changePolicy(): void;
  moveClock(ms: number): void;
  /** The customer's clock stands here now. */
  clockStands(atMs: number): void;
  /** What contradicts the rules now that all is at rest. */
  look(): Promise<readonly string[]>;
  close(): Promise<void>;
}
