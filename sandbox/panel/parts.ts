import { html, type Html } from './html.js';
import type { Mail } from './page-facts.js';

const CARDS: readonly (readonly [string, string])[] = [
  ['4242424242424242', '4242 · works'], ['4000000000000341', '0341 · attaches, then fails'], ['4000000000009995', '9995 · insufficient funds'],
  ['4000000000009987', '9987 · lost card'], ['4000000000009979', '9979 · stolen card'], ['4000000000000002', '0002 · declined'], ['4000002500003155', '3155 · asks for 3-D Secure'],
];

/** A whole page around its header and main part. */
export function document(title: string, body: Html, look = ''): string {
  return `<!doctype html>${html`<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/panel.css"><script src="/panel.js" defer></script>
</head>
<body class="${look}">
<a class="skip" href="#main">Skip to content</a>
${body}
</body></html>`.text}`;
}

export function section(id: string, title: string, content: Html, aside: Html | null = null): Html {
  return html`<section aria-labelledby="${id}-title"><div class="head"><h2 id="${id}-title">${title}</h2>${aside}</div>${content}</section>`;
}

/** `stays`: the script sends it without leaving the page. `name`: what a screen reader says where the label alone is not enough. */
export function form(action: string, label: string, fields: Html, stays = false, look = '', name: string | null = null): Html {
  return html`<form method="post" action="${action}"${look === '' ? null : html` class="${look}"`}${stays ? html` data-stays` : null}>${fields}<button${name === null ? null : html` aria-label="${name}"`}>${label}</button></form>`;
}

export function cardChoice(label: string): Html {
  return html`<select name="card" aria-label="${label}">${CARDS.map(([number, name]) => html`<option value="${number}">${name}</option>`)}</select>`;
}

/** `prefix` keeps ids apart where a mail stands on a page twice. */
export function mail(one: Mail, prefix = ''): Html {
  return html`<details name="mail" id="${prefix}${one.id}"><summary><strong>${one.subject === '' ? '(no subject)' : one.subject}</strong><span class="hint">${one.to} · <time datetime="${one.at}">${one.at.slice(11, 19)}</time></span></summary>
<pre tabindex="0">${one.text}</pre>${one.links.length === 0 ? null : html`<ul class="plain">${one.links.map((address) => html`<li>${link(address, address)}</li>`)}</ul>`}</details>`;
}

/** Only web addresses become links: the mail's text comes from anywhere. */
export function link(address: string, label: string): Html {
  return /^https?:\/\//i.test(address) ? html`<a href="${address}" target="_blank" rel="noopener noreferrer">${label}</a>` : html`${label}`;
}
