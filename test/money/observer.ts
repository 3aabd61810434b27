import type Stripe from 'stripe';
import type { MoneyLife } from '#testing/harness/money-life.js';

interface Seen {
  moves: string[]; mails: string[]; status: string; planId: string; exports: number; canceled: boolean; over: boolean; voided: number; collectionPaused: boolean; charges: string[]; attention: boolean;
}

/**
 * What became visible since the last look, in the words of the scenarios' diaries: `grace → downgraded`, `mail downgraded`, `apply solo to a`,
 * `pay declined`. Read off ledger, mails, containers' rows and Stripe, never off the workflow.
 */
export class Observer {
  private before: Seen | null = null;
  readonly paidInvoices: string[] = [];

  constructor(private readonly life: MoneyLife, private readonly stripe: Stripe) {}

  /** Sorted, because the order within one instant is the reducer's business. */
  async look(): Promise<string[]> {
    const [before, now] = [this.before, await this.read()];
    this.before = now;
    if (before === null) return [];
    const news = (of: 'moves' | 'mails' | 'charges'): string[] => now[of].slice(before[of].length);
    const said = [...news('moves'), ...news('mails'), ...news('charges')];
    if (now.planId !== before.planId) said.push(`apply ${now.planId} to a`);
    if (now.status !== before.status) {
      if (now.status === 'suspended') said.push('stop a');
      if (before.status === 'suspended' && now.status === 'running') said.push('provision a');
      if (now.status === 'gone') said.push('tear down a');
    }
    if (now.exports > before.exports) said.push('export a');
    // Stripe may have ended it before: then only what is open is voided.
    if (now.canceled && !before.canceled || now.over && now.voided > before.voided) said.push('void and cancel');
    if (now.collectionPaused !== before.collectionPaused) said.push(now.collectionPaused ? 'pause collection' : 'resume collection');
    if (now.attention && !before.attention) said.push('review');
    return said.sort();
  }

  private async read(): Promise<Seen> {
    const { harness: { pool }, customerId, person: { instanceId } } = this.life;
    const customer = await this.life.stripeCustomerId();
    const [moves, notices, [instance], [exported], [row], subscriptions, charges] = await Promise.all([
      pool.query<{ move: string }>(`SELECT from_stage || ' → ' || to_stage AS move FROM lifecycle_ledger WHERE customer_id = $1 AND from_stage <> to_stage ORDER BY seq`, [customerId]).then(({ rows }) => rows),
      pool.query<{ key: string }>(`SELECT key FROM notice WHERE customer_id = $1 AND state = 'sent' AND key LIKE '%:sub_%' ORDER BY sent_at, key`, [customerId]).then(({ rows }) => rows),
      pool.query<{ status: string; plan_id: string }>('SELECT status, plan_id FROM instance WHERE id = $1', [instanceId]).then(({ rows }) => rows),
      pool.query<{ count: string }>('SELECT count(*) FROM export WHERE instance_id = $1', [instanceId]).then(({ rows }) => rows),
      pool.query<{ needs_attention: string | null }>('SELECT needs_attention FROM customer WHERE id = $1', [customerId]).then(({ rows }) => rows),
      this.life.read<{ subscriptions: { id: string; customer: string; status: string }[] }>('/state').then((state) => state.subscriptions.filter((one) => one.customer === customer)),
      this.life.read<{ charges: { status: string; idempotencyKey: string | null }[] }>(`/ledger?customer=${customer}`),
    ]);
    const first = subscriptions[0];
    const voided = (await this.stripe.invoices.list({ customer, status: 'void', limit: 100 })).data.length;
    const shown = first === undefined ? null : await this.stripe.subscriptions.retrieve(first.id);
    return {
      moves: moves.map(({ move }) => move),
      mails: notices.map(({ key }) => key.replace(/^[^:]+:sub_[^:]+:\d+:(c\d+:)?/, 'mail ').replace(/:\d{13}$/, '').replace(/:du?p?_\w+$/, '')),
      status: instance?.status ?? '', planId: instance?.plan_id ?? '', exports: Number(exported?.count ?? 0),
      voided, canceled: first !== undefined && first.status === 'canceled', over: shown?.status === 'canceled', collectionPaused: (shown?.pause_collection ?? null) !== null, attention: row?.needs_attention !== null,
      // Those that we asked for: Stripe's own, and a person's on Stripe's pages, bear no key of ours.
      charges: charges.charges.filter(({ idempotencyKey }) => /:(day\d+|card:)/.test(idempotencyKey ?? ''))
        .map(({ status }) => `pay ${status === 'succeeded' ? 'paid' : status === 'failed' ? 'declined' : 'processing'}`),
    };
  }
}

/**
 * A line of a diary as far as it can be seen from outside: `day 5 pay in_1:day5 (schedule): declined · retrying → grace` → the day, and its parts sorted.
 * What happens inside Stripe only, or within one call, is left to the reducer's spec.
 */
export function visible(line: string): { day: number; parts: string[] } {
  const match = /^day (-?\d+)(?: (\d\d):(\d\d))? (.*)$/.exec(line);
  if (match === null) throw new Error(`No line of a diary: ${line}`);
  const [, day, hours = '0', minutes = '0', text = ''] = match;
  const parts = text.split(' · ').flatMap((part) => {
    if (part.startsWith('adopt ') || part.startsWith('void and cancel: paid meanwhile') || part.startsWith('refused: ') || part.startsWith('support: ')) return [];
    if (part.startsWith('review: ')) return ['review'];
    return [part.replace(/^pay .*: (\w+)$/, 'pay $1').replace(/^void and cancel \(.*$/, 'void and cancel').replace(/:dp_1$/, '')];
  });
  return { day: Number(day) + (Number(hours) * 60 + Number(minutes)) / 1_440, parts: parts.sort() };
}
