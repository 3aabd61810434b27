import type { CaseFacts, ContainerFacts, CustomerFacts } from './customer-facts.js';
import { html, type Html } from './html.js';
import { cardChoice, document, form, link, mail, section } from './parts.js';
import type { Run } from './runs.js';
import { STORIES } from './stories.js';

const MOVES: readonly (readonly [label: string, days: number])[] = [['+ 1 day', 1], ['+ 1 week', 7], ['+ 1 month', 31]];

/** One customer's life on one page. The controls stand still; what lies under them lives. `said` is what the last form answered. */
export function renderCustomerPage(facts: CustomerFacts, canDrive: boolean, said: string | null): string {
  const base = `/customers/${facts.id}`;
  return document(`${facts.name} · Clawkeep sandbox`, html`<header>
  <h1>${facts.name}</h1>
  <nav aria-label="Elsewhere"><a href="/">All subscribers</a><a href="${facts.temporalUrl}" target="_blank" rel="noopener noreferrer">Temporal</a></nav>
</header>
<main id="main"><p class="said" id="said" role="status"${said === null ? html` hidden` : null}>${said}</p>
${canDrive && facts.clock !== null ? controls(base, facts) : html`<p class="hint">${canDrive ? 'This customer has no test clock yet: open a checkout first.' : 'A real Stripe is in use, which this page can’t drive.'}</p>`}
<div id="live" data-from="${base}/live" data-every="1000">${renderCustomerLive(facts)}</div></main>`, 'wide');
}

function controls(base: string, facts: CustomerFacts): Html {
  const back = html`<input type="hidden" name="back" value="${base}">`;
  return section('drive', 'Play', html`<div class="actions">
${form(`${base}/next-event`, 'Next event', back, true)}
${MOVES.map(([label, days]) => form(`${base}/clock`, label, html`${back}<input type="hidden" name="advanceDays" value="${days}">`, true, 'quiet'))}
${form(`${base}/year`, 'Play the year', back, true)}
${form(`${base}/stop`, 'Stop', back, true, 'quiet')}
${form(`${base}/card`, 'Set card', html`${back}${cardChoice(`Card of ${facts.name}`)}<select name="slot" aria-label="Where the card goes"><option value="both">both slots</option><option value="subscription">subscription</option><option value="customer">customer (as the portal)</option></select>`, true, 'quiet')}
</div>
<details id="stories" open><summary>Stories, each from a paid plan in order</summary>
<ul class="cards stories">${Object.entries(STORIES).map(([name, story]) => html`<li><h3>${story.title}</h3><p class="hint">${story.about}</p>${form(`${base}/stories/${name}`, 'Play', back, true, 'quiet', `Play: ${story.title}`)}</li>`)}</ul></details>`);
}

/** The part that refreshes itself. */
export function renderCustomerLive(facts: CustomerFacts): Html {
  return html`${facts.run === null ? null : progress(facts.run)}
${facts.missing.length === 0 ? null : html`<ul class="plain">${facts.missing.map((line) => html`<li>${line}</li>`)}</ul>`}
<div class="side">
${section('stage', 'Stage', standing(facts))}
${section('case', 'Dunning case', facts.dunning === null ? nothing('No payment has failed.') : dunning(facts.dunning))}
${section('container', 'Container', facts.containers.length === 0 ? nothing('No assistant.') : html`${facts.containers.map(container)}`)}
${section('money', 'Invoices and charges', money(facts))}
${section('told', 'Mails and phone', html`${facts.mails.length + facts.messages.length === 0 ? nothing('Nothing was sent.') : html`${facts.mails.map((one) => mail(one, 'told-'))}<ul class="plain">${facts.messages.map((one) => html`<li>${one.body ?? ''} <span class="hint">${one.status ?? ''}</span></li>`)}</ul>`}`)}
${section('timeline', 'Timeline', facts.timeline.length === 0 ? nothing('Nothing has happened yet.') : html`<ol class="lines">${facts.timeline.map((one) => html`<li>${time(one.at)} <strong>${one.from === one.to ? one.to : `${one.from} → ${one.to}`}</strong> ${one.reason} <span class="hint">${one.actor}</span></li>`)}</ol>`)}
${section('history', 'Temporal history', facts.history.length === 0 ? nothing('No workflow runs yet.') : html`<ol class="lines">${facts.history.map((one) => html`<li><span class="hint">${one.id} ${one.at.slice(11, 19)}</span> ${one.type} <strong>${one.name}</strong> ${one.summary}</li>`)}</ol>`,
    html`<a href="${facts.temporalUrl}" target="_blank" rel="noopener noreferrer">Open in Temporal</a>`)}
</div>`;
}

const nothing = (sentence: string): Html => html`<p class="hint">${sentence}</p>`;
const time = (at: string): Html => html`<time datetime="${at}">${at.slice(0, 16).replace('T', ' ')}</time>`;

/** What a run says of itself, in a line. */
export function progressLine(run: Run, nowMs: number): string {
  const seconds = Math.round(((run.endedAtMs ?? nowMs) - run.startedAtMs) / 1000);
  const where = run.steps > 1 ? `, step ${run.step} of ${run.steps}` : '';
  const state = { running: run.stopping ? 'stops after this step' : 'plays', done: 'is over', stopped: 'was stopped', failed: 'failed' }[run.state];
  return `${run.name} ${state}${where} (${seconds} s): ${run.line}`;
}

function progress(run: Run): Html {
  return html`<p class="said${run.state === 'failed' ? ' bad' : ''}" role="status">${progressLine(run, Date.now())}</p>`;
}

function standing(facts: CustomerFacts): Html {
  return html`<p><span class="badge">${facts.stage}</span>${facts.overlays.map((overlay) => html` <span class="badge warn">${overlay}</span>`)} ${facts.planId ?? 'no plan'} · service ${facts.serviceLevel}</p>
${facts.nextStep === null ? nothing('Nothing comes next.') : html`<p>Next: ${facts.nextStep.what} ${facts.nextStep.at === null ? null : time(facts.nextStep.at)}</p><p class="hint">${facts.nextStep.why}</p>`}
<p>Clock: ${facts.clock === null ? 'the real one' : time(facts.clock)}</p>
${facts.ahead.length === 0 ? null : html`<ol class="lines">${facts.ahead.map(({ at, what }) => html`<li>${time(at)} ${what}</li>`)}</ol>`}
<p class="hint">${facts.email ?? ''} <code>${facts.id}</code></p>`;
}

function dunning(one: CaseFacts): Html {
  return html`<p>${amount(one.amountRemainingCents, one.currency)} open · policy ${one.policyVersion}${one.hardDecline === null ? null : html` · <span class="badge warn">${one.hardDecline}</span>`}</p>
<ol class="lines">${one.deadlines.map(({ stage, at, isPast }) => html`<li>${time(at)} ${isPast ? html`<s>${stage}</s>` : html`${stage}`}</li>`)}</ol>
${one.attempts.length === 0 ? nothing('No attempt of ours yet.') : html`<p>Attempts</p><ol class="lines">${one.attempts.map(({ at, trigger, outcome }) => html`<li>${time(at)} ${trigger}: ${outcome}</li>`)}</ol>`}`;
}

function container(one: ContainerFacts): Html {
  const limits = one.container === null ? null : html`<p>Docker: <strong>${one.container.state}</strong> · ${one.container.memoryMiB === null ? 'no memory limit' : `${one.container.memoryMiB} MiB`} · ${one.container.cpus === null ? 'no CPU limit' : `${one.container.cpus} CPU`}</p>`;
  return html`<p><strong>${one.name}</strong> <span class="badge">${one.status}</span> ${one.reason ?? ''}</p>${limits ?? nothing('No container.')}`;
}

function money({ invoices, charges }: CustomerFacts): Html {
  if (invoices.length + charges.length === 0) return nothing('Nothing was invoiced.');
  return html`<ol class="lines">${invoices.map((one) => html`<li>${time(new Date(one.created * 1000).toISOString())} ${one.hosted_invoice_url === null ? html`${one.number ?? one.id}` : link(one.hosted_invoice_url, one.number ?? one.id)} ${amount(one.total, one.currency)} <span class="badge${one.status === 'open' ? ' warn' : ''}">${one.status ?? ''}</span>${one.amount_remaining > 0 && one.amount_remaining < one.total ? html` ${amount(one.amount_remaining, one.currency)} left` : null}${one.attempt_count > 1 ? html` ${one.attempt_count} attempts` : null}</li>`)}</ol>
<p>Charges</p><ol class="lines">${charges.map((one) => html`<li>${amount(one.amount, one.currency)} ${one.status} ${one.payment_method_details?.card?.last4 ?? one.payment_method_details?.type ?? ''} ${one.outcome?.reason ?? one.failure_code ?? ''}${one.disputed ? html` <span class="badge warn">disputed</span>` : null}${one.amount_refunded > 0 ? html` ${amount(one.amount_refunded, one.currency)} refunded` : null}</li>`)}</ol>`;
}

const amount = (cents: number, currency: string): string => `${(cents / 100).toFixed(2)} ${currency.toUpperCase()}`;
