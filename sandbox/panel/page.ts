import { FAULT_KINDS as DOCKER_FAULTS } from '#sandbox/emulators/docker-engine/faults.js';
import { FAULT_KINDS as LLM_FAULTS } from '#sandbox/emulators/llm/control.js';
import { faultKinds as STRIPE_FAULTS } from '#sandbox/emulators/stripe/engine/faults.js';
import { html, type Html } from './html.js';
import type { ContainerRow, OpenCheckout, PageFacts, Subscriber } from './page-facts.js';
import { cardChoice, document, form, link, mail, section } from './parts.js';

const FAULTS: readonly (readonly [system: string, kinds: readonly string[]])[] = [['stripe', STRIPE_FAULTS], ['docker', DOCKER_FAULTS], ['llm', LLM_FAULTS]];

/** The whole page. `said` is what the last form answered. */
export function renderPage(facts: PageFacts, said: string | null): string {
  return document('Clawkeep sandbox', html`<header>
  <h1>Clawkeep sandbox</h1>
  <nav aria-label="Elsewhere"><a href="${facts.publicUrl}">Dashboard</a><a href="${facts.temporalUiUrl}">Temporal</a></nav>
</header>
<main id="main"><p class="said" id="said" role="status"${said === null ? html` hidden` : null}>${said}</p><div id="live" data-from="/live" data-every="2000">${renderLive(facts)}</div></main>`);
}

/** The part of the page that refreshes itself. */
export function renderLive(facts: PageFacts): Html {
  return html`
${section('quiet', 'In flight', facts.inFlight.length === 0 ? html`<p class="ok">Quiet: nothing is in flight.</p>` : html`<ul class="plain">${facts.inFlight.map((line) => html`<li>${line}</li>`)}</ul>`,
    form('/quiet', 'Wait until quiet', html``))}
${section('customers', 'Subscribers', facts.subscribers.length === 0 ? empty('Nobody has signed up yet.') : html`<ul class="cards">${facts.subscribers.map((one) => subscriber(one, facts.emulators.stripe))}</ul>`)}
${section('pay', 'Open checkouts', facts.checkouts.length === 0 ? empty('No checkout is open.') : html`<ul class="cards">${facts.checkouts.map(checkout)}</ul>`)}
${section('containers', 'Instances', facts.instances.length === 0 ? empty('No instance stands.') : html`<ul class="cards">${facts.instances.map((one) => instance(one, facts.emulators.docker))}</ul>`)}
${section('mails', 'Mails', facts.mails.length === 0 ? empty(facts.emulators.mail ? 'No mail was sent.' : 'A real mail server is in use.') : html`<div class="mails">${facts.mails.map((one) => mail(one))}</div>`)}
${section('faults', 'Faults', html`<p class="hint">The next calls to a system go wrong on purpose.</p>`, faults())}`;
}

const empty = (sentence: string): Html => html`<p class="hint">${sentence}</p>`;

function subscriber(one: Subscriber, canDrive: boolean): Html {
  return html`<li>
<h3><a href="/customers/${one.id}">${one.name}</a></h3>
<p><span class="badge">${one.stage}</span>${one.overlays.map((overlay) => html` <span class="badge warn">${overlay}</span>`)} ${one.plan ?? 'no plan'} · service ${one.serviceLevel}</p>
${one.nextStep === null ? null : html`<p class="hint">Next: ${one.nextStep}</p>`}
<p class="hint"><code>${one.id}</code>${one.clock === null ? null : html` · clock <time datetime="${one.clock}">${one.clock.replace('T', ' ').replace('.000Z', ' UTC')}</time>`}</p>
${!canDrive || one.stripe === null ? null : html`<div class="actions">
${form(`/customers/${one.id}/clock`, 'Move clock', html`<input name="advanceDays" type="number" min="0.01" max="3660" step="any" value="1" aria-label="Days to move the clock of ${one.name}">`)}
${form(`/customers/${one.id}/card`, 'Set card', cardChoice(`Card of ${one.name}`))}</div>`}
</li>`;
}

function checkout(one: OpenCheckout): Html {
  return html`<li><h3>${one.customer} · ${one.plan}</h3><p class="hint">until <time datetime="${one.expiresAt}">${one.expiresAt}</time> · ${link(one.url, 'pay page')}</p>
<div class="actions">${form(`/checkout/${one.id}/pay`, 'Pay', cardChoice(`Card for ${one.customer}`))}</div></li>`;
}

function instance(one: ContainerRow, canDrive: boolean): Html {
  return html`<li><h3>${one.name} · ${one.customer}</h3><p><span class="badge">${one.status}</span> ${one.reason ?? ''} ${one.host === null ? null : html`on ${one.host}`}</p><p class="hint"><code>${one.id}</code></p>
${!canDrive || one.host === null ? null : html`<div class="actions quiet">${['exit', 'hang', 'unhealthy', 'oom', 'heal'].map((fault) => form(`/containers/${one.id}/${fault}`, fault, html``))}</div>`}</li>`;
}

function faults(): Html {
  return html`<div class="actions"><form method="post" action="/faults">
<select name="fault" aria-label="Fault">${FAULTS.map(([system, kinds]) => html`<optgroup label="${system}">${kinds.map((kind) => html`<option value="${system}:${kind}">${system}: ${kind}</option>`)}</optgroup>`)}</select>
<input name="count" type="number" min="1" max="10000" value="1" aria-label="How many calls"><button>Plan fault</button></form></div>`;
}
