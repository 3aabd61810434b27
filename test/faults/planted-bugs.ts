/** A bug that somebody might really write, as a change of text in the compiled product, and cells of the matrix that must notice it. */
export interface PlantedBug {
  readonly name: string;
  /** Below `dist/libs/`. */
  readonly file: string;
  readonly edits: readonly { readonly find: string; readonly replace: string }[];
  /** The cells, by their names. */
  readonly caughtBy: readonly string[];
  /** What the matrix must say of it. */
  readonly sign: RegExp;
  /** Shows only where two calls really meet: tried up to so many times. */
  readonly tries?: number;
}

const PLACEMENT = 'activities/src/placement/placement.activities.js';

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'the undo is registered after its step',
    file: 'workflows/src/saga/saga.js',
    edits: [{ find: 'begun.unshift(step);', replace: '' }, { find: 'await step.run(context);', replace: 'await step.run(context); begun.unshift(step);' }],
    caughtBy: ['provision createNetwork#1 failsAfter'],
    sign: /network \S+ on the host is left/,
  },
  {
    name: 'an undo that fails is passed over in silence',
    file: 'workflows/src/saga/saga.js',
    edits: [{ find: "if ((await report.attention(`undo of ${step.name}`, causeOf(error))) === 'abandon')", replace: 'if (causeOf(error))' }],
    caughtBy: ['undo removeVolumes#1 failsForEver'],
    sign: /a person was asked 0 times|volume \S+ on the host is left/,
  },
  {
    name: 'a teardown step that fails is passed over in silence',
    file: 'workflows/src/saga/saga.js',
    edits: [{ find: "if ((await report.attention(step.name, reason)) === 'abandon')", replace: 'if (reason)' }],
    caughtBy: ['teardown removeVolumes#1 failsBefore'],
    sign: /a person was asked 0 times|volume \S+ on the host is left/,
  },
  {
    name: 'the idempotency key is another one at each attempt',
    file: 'activities/src/stripe/effect.js',
    edits: [{ find: '`${effect.key}:g${String(generation)}`', replace: '`${effect.key}:${Math.random()}`' }],
    caughtBy: ['checkout ensureStripeCustomer#1 runsTwiceAtOnce'],
    sign: /2 customers at Stripe/,
    tries: 4,
  },
  {
    name: 'a random suffix in the name of a helper container',
    file: 'activities/src/docker/docker-names.js',
    edits: [{ find: '`${volume}-${purpose}`', replace: '`${volume}-${purpose}-${Math.random().toString(36).slice(2)}`' }],
    caughtBy: ['provision reserveSlot#1 runsTwice'],
    sign: /container \S+-writer-\w+ on the host is left/,
  },
  {
    name: 'no answer of Docker is taken for "gone"',
    file: 'activities/src/docker/docker-error.js',
    edits: [{ find: "return new DockerError('unreachable'", replace: "return new DockerError('not_found'" }],
    caughtBy: ['undo removeNetwork#1 hostSilent'],
    sign: /network \S+ on the host is left/,
  },
  {
    name: 'removing the volumes forgets the one with the configuration',
    file: 'activities/src/docker/docker.activities.js',
    edits: [{ find: 'for (const volume of [configVolume, stateVolume])', replace: 'for (const volume of [stateVolume])' }],
    caughtBy: ['provision createContainer#1 failsBefore'],
    sign: /volume \S+-config on the host is left/,
  },
  {
    name: 'the port is not released',
    file: PLACEMENT,
    edits: [{ find: 'await releasePort(dataSource.manager, { instanceId });', replace: '' }],
    caughtBy: ['provision createNetwork#1 failsBefore'],
    sign: /port in the database is left/,
  },
  {
    name: 'the slot stays taken',
    file: 'database/src/placement/slots.js',
    edits: [{ find: "'DELETE FROM slot_reservation WHERE instance_id = $1'", replace: "`DELETE FROM slot_reservation WHERE instance_id = $1 AND state = 'held'`" }],
    caughtBy: ['provision createNetwork#1 failsBefore'],
    sign: /slot in the database is left/,
  },
  {
    name: 'the route stays published',
    file: PLACEMENT,
    edits: [{ find: "'DELETE FROM route WHERE instance_id = $1'", replace: "'DELETE FROM route WHERE instance_id = $1 AND false'" }],
    caughtBy: ['provision publishRoute#1 failsAfter'],
    sign: /route in the database is left/,
  },
  {
    name: 'tokens of an undone assistant are not revoked',
    file: PLACEMENT,
    edits: [{ find: "'UPDATE gateway_token SET revoked_at = now() WHERE instance_id = $1 AND revoked_at IS NULL'", replace: "'UPDATE gateway_token SET revoked_at = NULL WHERE instance_id = $1'" }],
    caughtBy: ['provision startContainer#1 failsBefore'],
    sign: /live gateway token in the database is left/,
  },
  {
    name: 'a notice is sent again whatever its row says',
    file: 'activities/src/mail/notify.activities.js',
    edits: [{ find: 'if (sentBefore !== null)', replace: 'if (sentBefore === false)' }, { find: 'if (sentMeanwhile !== null)', replace: 'if (sentMeanwhile === false)' }],
    caughtBy: ['provision sendNotice#1 runsTwice'],
    sign: /came 2 times/,
  },
  {
    name: 'a notice of a failed payment is sent again whatever its row says',
    file: 'activities/src/mail/notify.activities.js',
    edits: [{ find: 'if (sentBefore !== null)', replace: 'if (sentBefore === false)' }, { find: 'if (sentMeanwhile !== null)', replace: 'if (sentMeanwhile === false)' }],
    caughtBy: ['dunning sendNotice#1 runsTwice'],
    sign: /\d+ mails came for \d+ notices/,
  },
  {
    name: 'the limits that a late payment gives back are not put on record',
    file: 'workflows/src/customer-lifecycle/instance-keeper.js',
    edits: [{ find: "{ instanceId, status: instance.status, reason: null, planId }", replace: "{ instanceId, status: instance.status, reason: null, ...(unlessPaid ? { planId } : {}) }" }],
    caughtBy: ['dunning payInvoice#1 transientAfter'],
    sign: /with the limits of team/,
  },
  {
    name: 'a refund does not look at what was paid back already',
    file: 'activities/src/stripe/refund.js',
    edits: [
      { find: 'const refundedBefore = await sumOfRefunds(deps.stripe, target);', replace: 'const refundedBefore = 0;' },
      { find: "find: async () => (await sumOfRefunds(deps.stripe, target) >= target.amountPaidCents ? 'in full' : null)", replace: 'find: async () => null' },
    ],
    caughtBy: ['refund cancelAndRefundInFull#1 runsTwice'],
    sign: /told of the failure|refund/,
  },
  {
    name: 'an older checkout stays open beside a new one',
    file: 'activities/src/stripe/checkout.js',
    edits: [{ find: "session.status !== 'open')", replace: "session.status !== 'never')" }],
    caughtBy: ['checkout openCheckoutSession#1 failsAfter'],
    sign: /checkouts are open beside a running assistant/,
  },
  {
    name: 'a message that does not succeed is lost',
    file: 'workflows/src/customer-lifecycle/inbox.js',
    edits: [{ find: 'postpone(message) { this.postponed.push(message); }', replace: 'postpone() { }' }],
    caughtBy: ['refund cancelAndRefundInFull#1 failsBefore'],
    sign: /told of the failure|refund/,
  },
];
