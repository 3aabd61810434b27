/** Every workflow type that the worker knows; the bundle is made of this. */
export { customerLifecycle } from './customer-lifecycle/customer-lifecycle.workflow.js';
export { provisionInstance } from './provision-instance/provision-instance.workflow.js';
export { reconcileStripe } from './reconcile/reconcile-stripe.workflow.js';
export { teardownInstance } from './teardown-instance/teardown-instance.workflow.js';
