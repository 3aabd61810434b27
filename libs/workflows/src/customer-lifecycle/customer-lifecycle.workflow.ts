import { allHandlersFinished, condition, continueAsNew, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import { workflowNowMs } from '../clock.js';
import {
  cancelSubscriptionUpdate, changePlanUpdate, extendGraceUpdate, instanceSettledSignal, instanceWishedSignal, openCheckoutUpdate, openPortalUpdate, pauseDunningUpdate,
  payNowUpdate, previewChangeUpdate, resumeSubscriptionUpdate, retryInstanceStepUpdate, setStageUpdate, statusQuery, stripeChangedSignal, waiveInvoiceUpdate,
  type CustomerLifecycleInput, type InboxMessage,
} from '../contracts/customer-lifecycle.js';
import { SubscriptionDesk } from './subscription-desk.js';
import { SupportDesk } from './support-desk.js';
import { Customer } from './customer.js';
import { Inbox } from './inbox.js';
import { InstanceKeeper } from './instance-keeper.js';
import { evaluate } from './evaluate.js';
import { causeOf } from '../saga/saga.js';

/**
 * The life of one customer, and the single writer of its stage. Signals are doorbells and updates are requests; both
 * stand in one line. After each, the facts are read anew and the pure policy decides (lifecycle.md).
 */
export async function customerLifecycle(input: CustomerLifecycleInput): Promise<void> {
  const customer = new Customer(input);
  const inbox = new Inbox(input.carried?.inbox ?? [], customer.seen);
  customer.doorbell = inbox;
  const instances = new InstanceKeeper(customer);
  const desk = new SubscriptionDesk(customer, () => evaluate(customer, instances));
  const support = new SupportDesk(customer, instances, () => evaluate(customer, instances));

  setHandler(stripeChangedSignal, (ring) => inbox.accept({ ...ring, kind: 'stripeChanged' }), { description: 'Doorbell: something changed at Stripe' });
  setHandler(instanceWishedSignal, (wish) => inbox.accept({ ...wish, kind: 'instanceWished' }), { description: 'The owner wishes something of an instance' });
  setHandler(instanceSettledSignal, (end) => inbox.accept({ ...end, childKind: end.kind, kind: 'instanceSettled' }), { description: 'A provisioning or teardown has ended' });
  setHandler(openCheckoutUpdate, inbox.command((order) => desk.openCheckout(order)), { description: 'Open a Checkout Session' });
  setHandler(openPortalUpdate, inbox.command((order) => desk.openPortal(order)), { description: "Open Stripe's customer portal" });
  setHandler(previewChangeUpdate, inbox.command((change) => desk.previewChange(change)), { description: 'What a change of plan would cost' });
  setHandler(changePlanUpdate, inbox.command((change) => desk.changePlan(change)), { description: 'Change the plan' });
  setHandler(cancelSubscriptionUpdate, inbox.command(() => desk.cancel()), { description: 'Cancel at the end of the paid period' });
  setHandler(resumeSubscriptionUpdate, inbox.command(() => desk.resume()), { description: 'Take the cancellation back' });
  setHandler(payNowUpdate, inbox.command(async (order) => { await support.notePayNow(order); return desk.payNow(order); }), { description: 'Pay the oldest open invoice now' });
  setHandler(extendGraceUpdate, inbox.command((act) => support.extendGrace(act)), { description: 'Support: more days before the plan is downgraded' });
  setHandler(pauseDunningUpdate, inbox.command((act) => support.pauseDunning(act)), { description: 'Support: a promise to pay moves the deadlines, once a case' });
  setHandler(waiveInvoiceUpdate, inbox.command((act) => support.waiveInvoice(act)), { description: 'Support: forgive an open invoice' });
  setHandler(setStageUpdate, inbox.command((act) => support.setStage(act)), { description: 'Support: skip to a stage, or move back to one' });
  setHandler(retryInstanceStepUpdate, inbox.command((act) => support.retryStep(act)), { description: 'Support: try again what stands in need of attention' });
  setHandler(statusQuery, () => customer.view(inbox.length, instances.idle), { description: 'Stage, what happens next, and why' });

  customer.show();
  let rollOver = false;
  for (;;) {
    const wakeAtMs = customer.wakeAtMs();
    const wants = () => inbox.length > 0 || instances.finishedSomething || rollOver || workflowInfo().continueAsNewSuggested;
    customer.waits = true;
    if (wakeAtMs === null) await condition(wants);
    else await condition(wants, Math.max(1, wakeAtMs - workflowNowMs()), { summary: customer.lifecycle.nextStep?.what ?? 'look again' });

    customer.waits = false;

    inbox.takeUpPostponed();
    for (let entry = inbox.peek(); entry; entry = inbox.peek()) {
      if ('command' in entry) await entry.command();
      else {
        try {
          await handle(entry.message, instances);
        } catch (error) {
          // The single writer of a customer must outlive whatever one message brings about: it comes again.
          if (isCancellation(error)) throw error;
          customer.stumble(`${entry.message.kind}: ${causeOf(error)}`);
          inbox.postpone(entry.message);
        }
      }
      inbox.done();
    }
    instances.finishedSomething = false;
    await evaluate(customer, instances);
    if (inbox.hasPostponed) customer.lookAgainSoon();

    if (rollOver || workflowInfo().continueAsNewSuggested) {
      rollOver = true;
      await condition(() => allHandlersFinished() && instances.idle || inbox.length > 0);
      // Messages are carried over: waiting for an empty line would let a steady stream of them hold the roll-over up until the server refuses more.
      if (allHandlersFinished() && instances.idle) {
        await continueAsNew<typeof customerLifecycle>({ customerId: input.customerId, carried: customer.carry(inbox.messages()) });
      }
    }
  }
}

async function handle(message: InboxMessage, instances: InstanceKeeper): Promise<void> {
  switch (message.kind) {
    case 'stripeChanged': return; // the evaluation after this reads the truth
    case 'instanceWished': return instances.wish(message);
    case 'instanceSettled': return instances.settled(message);
  }
}
