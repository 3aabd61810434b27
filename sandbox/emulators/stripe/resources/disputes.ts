import { copy, type Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { narrowed, page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { render } from '../engine/render.js';
import { type Call, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { book } from '../payments/ledger.js';
import { afterwards } from '../payments/pay.js';

/** Statuses in which a dispute still goes on, and those in which it is over. */
export const openStatuses = ['warning_needs_response', 'warning_under_review', 'needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review'];
const closedStatuses = ['won', 'lost', 'warning_closed', 'prevented'];

const isInquiry = (status: string): boolean => status.startsWith('warning_');
const statusOf = (dispute: Row): string => dispute.doc['status'] as string;

/** What the bank opens a dispute with. */
export interface DisputeOptions {
  reason?: string | undefined;
  status?: string | undefined;
  amount?: number | undefined;
}

/** A dispute, as the customer's bank opens it. A chargeback takes the money at once; an inquiry (`warning_…`) and a prevented one do not. */
export function openDispute(world: World, charge: Row, options: DisputeOptions): Row {
  const status = options.status ?? 'needs_response';
  if (![...openStatuses, 'prevented'].includes(status)) throw invalid(`A dispute begins as one of ${[...openStatuses, 'prevented'].join(', ')}.`, 'status');
  if (charge.doc['status'] !== 'succeeded') throw invalid(`Charge ${charge.id} has not succeeded and cannot be disputed.`, 'charge');
  if (world.store.by('dispute', 'charge', charge.id).some((row) => openStatuses.includes(statusOf(row)))) throw invalid(`Charge ${charge.id} is disputed already.`);
  const left = (charge.doc['amount'] as number) - (charge.doc['amount_refunded'] as number);
  const amount = options.amount ?? left;
  if (amount < 1 || amount > left) throw invalid(`A dispute of this charge can be over at most ${left} cents.`, 'amount');
  const now = world.wall();
  const card = charge.doc['payment_method_details'].card as Doc | undefined;
  const type = charge.doc['payment_method_details'].type as string;
  const dispute = world.create(
    'dispute',
    {
      amount,
      balance_transactions: [],
      charge: charge.id,
      created: now,
      currency: charge.doc['currency'],
      enhanced_eligibility_types: [],
      evidence: { enhanced_evidence: {} },
      evidence_details: { due_by: status === 'prevented' ? null : now + 7 * 86_400, enhanced_eligibility: {}, has_evidence: false, past_due: false, submission_count: 0, submission_method: 'manual' },
      is_charge_refundable: isInquiry(status),
      metadata: {},
      payment_intent: charge.doc['payment_intent'],
      ...(card ? { payment_method_details: { card: { brand: card['brand'] as string, case_type: isInquiry(status) ? 'inquiry' : 'chargeback', network: card['network'] as string, network_reason_code: '83' }, type } } : {}),
      reason: options.reason ?? (card ? 'fraudulent' : 'bank_cannot_process'),
      status,
    },
    { clock: charge.clock, hidden: { customer: charge.doc['customer'] } },
  );
  world.update(charge, 'charge.updated', (doc) => void (doc['disputed'] = status !== 'prevented'));
  world.emit('charge.dispute.created', dispute);
  if (status === 'prevented') world.emit('charge.dispute.closed', dispute);
  else if (!isInquiry(status)) withdraw(world, dispute);
  return dispute;
}

function withdraw(world: World, dispute: Row): void {
  move(world, dispute, -(dispute.doc['amount'] as number), 1500, 'charge.dispute.funds_withdrawn');
}

function move(world: World, dispute: Row, amount: number, fee: number, event: string): void {
  const row = book(world, { type: 'adjustment', category: amount < 0 ? 'dispute' : 'dispute_reversal', amount, currency: dispute.doc['currency'] as string, source: dispute.id, fee, description: `Chargeback ${amount < 0 ? 'withdrawal' : 'reversal'} for ${String(dispute.doc['charge'])}` });
  world.store.edit(dispute);
  (dispute.doc['balance_transactions'] as Doc[]).push(copy(row.doc));
  world.emit(event, dispute);
}

/** The bank moves an open dispute on: under review, an inquiry that becomes a chargeback, an appeal; a closing status closes it. */
export function moveDispute(world: World, dispute: Row, status: string): void {
  if (closedStatuses.includes(status)) {
    closeDispute(world, dispute, status);
    return;
  }
  if (!openStatuses.includes(status)) throw invalid(`A dispute has one of the statuses ${[...openStatuses, ...closedStatuses].join(', ')}.`, 'status');
  const appeal = status.startsWith('appeal_') && statusOf(dispute) === 'lost';
  if (!openStatuses.includes(statusOf(dispute)) && !appeal) throw invalid(`Dispute ${dispute.id} is ${statusOf(dispute)}: it is over.`);
  if (!isInquiry(statusOf(dispute)) && isInquiry(status)) throw invalid('A chargeback cannot become an inquiry.', 'status');
  const escalates = isInquiry(statusOf(dispute)) && !isInquiry(status);
  world.update(dispute, 'charge.dispute.updated', (doc) => {
    Object.assign(doc, { status, is_charge_refundable: isInquiry(status) });
    if (escalates && doc['payment_method_details']?.card) doc['payment_method_details'].card.case_type = 'chargeback';
  });
  if (escalates) withdraw(world, dispute);
}

/** What the bank decided: `won` brings the money back; `lost`, `warning_closed` and `prevented` end it. */
export function closeDispute(world: World, dispute: Row, status: string): void {
  if (!closedStatuses.includes(status)) throw invalid(`A dispute closes as one of ${closedStatuses.join(', ')}.`, 'status');
  if (!openStatuses.includes(statusOf(dispute))) throw invalid(`Dispute ${dispute.id} is ${statusOf(dispute)}: it is over.`);
  if ((status === 'warning_closed') !== isInquiry(statusOf(dispute)) && status !== 'prevented') {
    throw invalid(isInquiry(statusOf(dispute)) ? 'An inquiry closes as warning_closed.' : 'Only an inquiry closes as warning_closed.', 'status');
  }
  const taken = (dispute.doc['balance_transactions'] as Doc[]).some((row) => (row['amount'] as number) < 0);
  world.update(dispute, 'charge.dispute.updated', (doc) => Object.assign(doc, { status, is_charge_refundable: false }));
  if (status === 'won' && taken) move(world, dispute, dispute.doc['amount'] as number, 0, 'charge.dispute.funds_reinstated');
  const charge = world.get('charge', dispute.doc['charge'] as string);
  // Once nothing of it is lost the charge can be refunded again.
  if (charge && status !== 'lost') world.update(charge, 'charge.updated', (doc) => void (doc['disputed'] = false));
  world.emit('charge.dispute.closed', dispute);
}

/** Takes evidence; once submitted the bank reviews it. Stripe's test texts decide at once. */
function submit(call: Call): Doc {
  const { world, params } = call;
  const dispute = world.need('dispute', pathId(call));
  const evidence = params['evidence'] as Record<string, string> | undefined;
  const waits = ['needs_response', 'warning_needs_response', 'appeal_needs_response'].includes(statusOf(dispute));
  if (evidence && !waits) throw invalid(`The evidence of a dispute that is \`${statusOf(dispute)}\` can no longer be changed.`, 'evidence');
  const fields = dispute.doc['evidence'] as Doc;
  const unknown = Object.keys(evidence ?? {}).find((name) => !(name in fields));
  if (unknown) throw invalid(`Received unknown parameter: evidence[${unknown}]`, `evidence[${unknown}]`, 'parameter_unknown');
  const sends = evidence !== undefined && params['submit'] !== false;
  world.update(dispute, 'charge.dispute.updated', (doc) => {
    doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | null | undefined);
    for (const [name, value] of Object.entries(evidence ?? {})) doc['evidence'][name] = value === '' ? null : value;
    if (evidence) doc['evidence_details'].has_evidence = true;
    if (!sends) return;
    doc['evidence_details'].submission_count += 1;
    doc['status'] = statusOf(dispute).replace('needs_response', 'under_review');
  });
  const answer = render(world, dispute, call.expand);
  const text = evidence?.['uncategorized_text'];
  if (sends && text === 'winning_evidence') closeDispute(world, dispute, isInquiry(statusOf(dispute)) ? 'warning_closed' : 'won');
  else if (sends && text === 'losing_evidence') closeDispute(world, dispute, isInquiry(statusOf(dispute)) ? 'warning_closed' : 'lost');
  else if (sends && text === 'escalate_inquiry_evidence' && isInquiry(statusOf(dispute))) moveDispute(world, dispute, 'needs_response');
  return answer;
}

function giveUp(call: Call): Row {
  const row = call.world.need('dispute', pathId(call));
  if (!openStatuses.includes(statusOf(row))) throw invalid(`This dispute is already closed.`, undefined);
  closeDispute(call.world, row, isInquiry(statusOf(row)) ? 'warning_closed' : 'lost');
  return row;
}

afterwards.charged = (world, charge, what) => {
  if (what === 'dispute_fraudulent') openDispute(world, charge, {});
  else if (what === 'dispute_not_received') openDispute(world, charge, { reason: 'product_not_received' });
  else if (what === 'inquiry') openDispute(world, charge, { status: 'warning_needs_response' });
};

export const disputeEndpoints: Endpoint[] = [
  get('/v1/disputes', ({ world, params }) => page(world, narrowed(world, 'dispute', params, ['charge', 'payment_intent']).filter((row) => within(row.doc['created'] as number, params['created'] as Doc | undefined)), params, '/v1/disputes')),
  get('/v1/disputes/:id', (call) => call.world.need('dispute', pathId(call))),
  post('/v1/disputes/:id', submit),
  post('/v1/disputes/:id/close', giveUp),
];
