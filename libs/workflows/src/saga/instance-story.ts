import { getExternalWorkflowHandle, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { stepsTable } from '#domain/provisioning/steps-table.js';
import { projections } from '../activities.js';
import { instanceSettledSignal, type InstanceSettled } from '../contracts/customer-lifecycle.js';
import { abandonUpdate, instanceWorkflowQuery, retryStepSignal, retryStepUpdate, type StepView } from '../contracts/instance-workflows.js';
import { customerWorkflowId } from '../contracts/workflow-ids.js';
import { AttentionDesk, unlessRefused, type SagaReport, type StepNews } from './saga.js';

/** Where the two workflows of an instance differ in what they tell. */
export interface StoryTold {
  readonly kind: InstanceSettled['kind'];
  readonly title: string;
  /** What `abandon` does with the standing step, for support. */
  readonly abandoning: string;
  /** Says everywhere that a person is needed; a refusal is logged and changes nothing. */
  needsAttention(reason: string): Promise<void>;
  /** Support has decided: takes back what `needsAttention` said. */
  goesOn(): void;
}

/**
 * What one workflow of an instance shows and records while it goes: its steps, what stands in need of attention, support's two updates,
 * and at the end the word to `customer/<id>`. One object per workflow run, made before its first command.
 */
export class InstanceStory implements SagaReport {
  private readonly desk = new AttentionDesk();
  private readonly shown: StepView[];

  constructor(
    private readonly of: { readonly customerId: string; readonly instanceId: string; readonly generation: number },
    steps: readonly { readonly name: string }[],
    private readonly told: StoryTold,
  ) {
    this.shown = steps.map(({ name }) => ({ name, state: 'waiting', error: null }));
    setHandler(instanceWorkflowQuery, () => ({ steps: this.shown, needsAttention: this.desk.what }), { description: 'Steps and what stands in need of attention' });
    setHandler(retryStepUpdate, () => this.desk.decide('retry'), { description: 'Support: try the standing step once more' });
    setHandler(retryStepSignal, () => this.desk.decide('retry'), { description: 'Support, by way of the customer: try the standing step once more' });
    setHandler(abandonUpdate, () => this.desk.decide('abandon'), { description: `Support: ${told.abandoning}; it must be cleared by hand` });
    this.show();
  }

  async steps(news: readonly StepNews[]): Promise<void> {
    const { instanceId, generation } = this.of;
    const changes = news.map(({ name, state, error }) => {
      const position = this.shown.findIndex((each) => each.name === name);
      this.shown[position] = { name, state, error };
      return { step: name, position, state, error };
    });
    this.show();
    await projections(news.map(({ name, state }) => `${name}: ${state}`).join(', ')).recordSteps({ instanceId, generation, kind: this.told.kind, changes });
  }

  async attention(name: string, error: string): Promise<'retry' | 'abandon'> {
    const reason = `${name}: ${error}`;
    // Asked before it is told: support may answer the moment it reads.
    const answer = this.desk.ask(reason);
    this.show();
    await unlessRefused('needs attention', () => this.told.needsAttention(reason));
    const decided = await answer;
    this.told.goesOn();
    return decided;
  }

  /** Tells `customer/<id>`, which owns what follows, how it ended. */
  async settled(outcome: InstanceSettled['outcome'], reason: string | null): Promise<void> {
    const { customerId, instanceId, generation } = this.of;
    await getExternalWorkflowHandle(customerWorkflowId(customerId)).signal(instanceSettledSignal, { instanceId, generation, kind: this.told.kind, outcome, reason });
  }

  private show(): void { setCurrentDetails(stepsTable(this.told.title, this.shown, this.desk.what)); }
}
