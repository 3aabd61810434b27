/** Style and script of the panel's page; colours are the dashboard's. */
export const PANEL_CSS = `
:root{color-scheme:light dark;--bg:#f7f8fb;--surface:#fff;--line:#dfe3ec;--line-strong:#868ea3;--text:#171b2a;--hint:#5f667b;--link:#4338ca;--brand:#5b3fd6;--brand-hover:#4a31b8;--soft:#efecff;--soft-text:#4f37ba;--ok:#166b3a;--warn-bg:#fff4e0;--warn:#8a4b00}
@media (prefers-color-scheme:dark){:root{--bg:#0f1220;--surface:#171b2c;--line:#2a3047;--line-strong:#6f7893;--text:#eceef6;--hint:#98a0b8;--link:#b0a6ff;--brand:#6a4fe0;--brand-hover:#5b3fd6;--soft:#262049;--soft-text:#b9adff;--ok:#6fd79a;--warn-bg:#36260c;--warn:#f5b95c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 "Inter Variable",Inter,system-ui,sans-serif}
header,main{max-width:1080px;margin:0 auto;padding:16px}
header{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:baseline;justify-content:space-between}
h4{font-size:14px;margin:0}h1{font-size:22px;line-height:1.3;margin:0}h2{font-size:17px;margin:0}h3{font-size:15px;margin:0;overflow-wrap:anywhere}
nav{display:flex;gap:16px}a{color:var(--link)}
p{margin:4px 0}.hint{color:var(--hint);font-size:13px}.ok{color:var(--ok)}
section{background:var(--surface);border:1px solid var(--line);border-radius:12px;padding:16px;margin:0 0 16px}
.head{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;justify-content:space-between;margin-bottom:8px}
.cards{list-style:none;margin:0;padding:0;display:grid;gap:12px;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr))}
.cards>li{border:1px solid var(--line);border-radius:8px;padding:12px;min-width:0}
.plain{margin:4px 0;padding-left:20px;overflow-wrap:anywhere}
.badge{display:inline-block;border-radius:999px;padding:0 8px;background:var(--soft);color:var(--soft-text);font-size:13px;font-weight:600}.badge.warn{background:var(--warn-bg);color:var(--warn)}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}form{display:flex;flex-wrap:wrap;gap:8px;margin:0}
input,select,button{font:inherit;min-height:40px;border-radius:8px;border:1px solid var(--line-strong);background:var(--surface);color:var(--text);padding:4px 10px;max-width:100%}
input[type=number]{width:96px}button{background:var(--brand);border-color:var(--brand);color:#fff;font-weight:600;cursor:pointer}button:hover{background:var(--brand-hover)}.quiet button{background:var(--surface);border-color:var(--line-strong);color:var(--text);font-weight:400}.quiet button:hover{background:var(--soft)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
details{border-top:1px solid var(--line);padding:8px 0}summary{cursor:pointer;min-height:24px}summary .hint{margin-left:8px}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--bg);border-radius:8px;padding:12px;margin:8px 0;font:13px/1.5 "JetBrains Mono Variable",ui-monospace,monospace}
code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}.said{background:var(--soft);color:var(--soft-text);border-radius:8px;padding:8px 12px;margin:0 0 16px}
.skip{position:absolute;left:-9999px}.skip:focus{left:16px;top:16px;background:var(--surface);padding:8px}
.said{overflow-wrap:anywhere}.said.bad{background:var(--warn-bg);color:var(--warn)}
.wide header,.wide main{max-width:1560px}.wide section{padding:12px}
.side{display:grid;gap:12px;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));align-items:start}.side>section{margin:0;min-width:0}
.lines{list-style:none;margin:4px 0;padding:0;font-size:14px;overflow-wrap:anywhere}.lines li{padding:2px 0;border-top:1px solid var(--line)}.lines time{color:var(--hint);font-variant-numeric:tabular-nums}
.stories{grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr));gap:8px;margin-top:8px}.stories>li{padding:8px;display:flex;flex-direction:column;justify-content:space-between;gap:4px}section>details{border:0}
button[aria-disabled=true]{opacity:.6;cursor:progress}
`;

/**
 * Fetches the living part every second or two; never under the hands of a person who is in a field or reads a mail. Forms that stay are sent
 * from here, so that the page is seen to change while they are at work.
 */
export const PANEL_JS = `
const live = document.getElementById('live');
const said = document.getElementById('said');
let last = '';
const busy = () => live.contains(document.activeElement) && document.activeElement !== document.body;
async function refresh() {
  if (document.hidden || busy() || String(getSelection()) !== '') return;
  try {
    const answer = await fetch(live.dataset.from, { headers: { accept: 'text/html' } });
    const text = await answer.text();
    if (!answer.ok || text === last || busy()) return;
    const open = [...live.querySelectorAll('details[open]')].map((one) => one.id);
    live.innerHTML = text;
    last = text;
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  } catch { /* the panel is being restarted */ }
}
setInterval(refresh, Number(live.dataset.every));
function tell(text) { said.textContent = text; said.hidden = text === ''; }
document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-stays]')) return;
  event.preventDefault();
  const button = form.querySelector('button');
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  tell('');
  try {
    const answer = await fetch(form.action, { method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(new FormData(form)) });
    const body = await answer.json();
    tell(answer.ok ? (body.said ?? 'Done.') : body.detail);
  } catch (error) {
    tell(String(error));
  } finally {
    button.removeAttribute('aria-disabled');
    void refresh();
  }
});
`;
