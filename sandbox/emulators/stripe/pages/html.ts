/** Text made safe for HTML, attribute values included. */
export function escape(text: unknown): string {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** `$29.00` */
export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat('en-US', { style: 'currency', currency: currency.toUpperCase() }).format(cents / 100);
}

/** `16 April 2027` (UTC) */
export function date(seconds: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(seconds * 1000));
}

const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1a1f36;--soft:#545969;--line:#d8dce3;--accent:#4f46e5;--on:#fff;--bad:#b3093c;--good:#0b6b3a}
@media(prefers-color-scheme:dark){:root{--bg:#12141a;--card:#1c1f27;--ink:#eef0f5;--soft:#a9b0c0;--line:#383d4a;--accent:#a5a0ff;--on:#14122b;--bad:#ff9db3;--good:#7fe0a8}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:32rem;margin:0 auto;padding:2rem 1rem 4rem}h1{font-size:1.5rem;margin:.25rem 0 1rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.25rem;margin:0 0 1rem}
.soft{color:var(--soft)}.bad{color:var(--bad)}.good{color:var(--good)}.row{display:flex;justify-content:space-between;gap:1rem;padding:.25rem 0}
.sum{border-top:1px solid var(--line);margin-top:.5rem;padding-top:.75rem;font-weight:600}
label{display:block;font-weight:600;margin:.9rem 0 .3rem}input,select{width:100%;min-height:44px;padding:.5rem .75rem;border:1px solid var(--line);border-radius:8px;background:var(--bg);color:var(--ink);font:inherit}
.two{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
button,.button{display:block;width:100%;min-height:48px;margin-top:1.25rem;padding:.6rem 1rem;border:1px solid transparent;border-radius:8px;background:var(--accent);color:var(--on);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.quiet{background:transparent;color:var(--ink);border-color:var(--line)}a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.note{font-size:.9rem;border:1px dashed var(--line);border-radius:8px;padding:.6rem .75rem;margin:0 0 1rem}
table{width:100%;border-collapse:collapse}td,th{text-align:left;padding:.4rem .3rem;border-bottom:1px solid var(--line)}code{font-size:.9em}`;

/** A whole page. `body` is HTML. */
export function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title><style>${style}</style></head><body><main><p class="note" role="note">Sandbox: this page stands in for Stripe. No money moves; use test cards only.</p>${body}</main></body></html>`;
}

/** A box that a screen reader announces. */
export function alert(message: string): string {
  return `<p class="card bad" role="alert">${escape(message)}</p>`;
}

/** The fields of a card. */
export function cardFields(): string {
  return `<label for="card">Card number</label><input id="card" name="card" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242" required>
<div class="two"><div><label for="expiry">Expiry (MM/YY)</label><input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="12/34" pattern="(0[1-9]|1[0-2])\\s?/\\s?\\d{2}" required></div>
<div><label for="cvc">Security code</label><input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123" pattern="\\d{3,4}" required></div></div>`;
}
