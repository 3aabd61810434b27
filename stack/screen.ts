import { DEMO_PEOPLE, MONEY_PEOPLE } from './seed/people.js';
import { supportViews, supportViewUrl } from '#workflows/contracts/support-views.js';
import type { Stack } from './start-stack.js';

type Row = readonly [string, string];

/** The rest stands on the support page. */
const SHOWN_VIEWS = new Set(['Needs attention', 'In grace', 'Suspended this week']);

/** The one table at the end of a start: where everything is, which real and which emulated systems are in use. */
export function renderTable(stack: Stack, seeded: { demo: true } | { demo: false; why: string }): string {
  const { urls } = stack;
  const rows: Row[] = [
    ['Dashboard', urls.dashboard],
    ['API documents', `${urls.api}/api/docs`],
    ['Sandbox panel', `${urls.panel}  (mails, paying, clocks, faults)`],
    ['Temporal Web UI', urls.temporalUi],
    ...supportViews(Date.now()).filter(({ name }) => SHOWN_VIEWS.has(name)).map((view) => ['', `${view.name.padEnd(21)}${supportViewUrl(urls.temporalUi, stack.temporalNamespace, view)}`] as const),
    ['Temporal', `${urls.temporal}  (${stack.temporalFrom})`],
    ['PostgreSQL', withoutPassword(urls.database)],
    ['Docker', `${stack.docker.engine === 'engine' ? 'REAL ENGINE' : 'EMULATOR'} ${urls.docker}  (${stack.docker.why})`],
    ['Stripe', urls.stripe === null ? 'real, by STRIPE_SECRET_KEY' : `emulator ${urls.stripe}`],
    ['AI providers', urls.llm === null ? 'real, by their base URLs' : `emulator ${urls.llm}  (keys: any with good, bad, exhausted or slow in it)`],
    ['Mail', urls.mail === null ? 'real, by SMTP_URL' : `emulator ${urls.mail}/mails`],
    ['Phones', urls.twilio === null ? 'real, by TWILIO_AUTH_TOKEN' : `emulator ${urls.twilio}/_emulator/messages`],
    ['State and logs', stack.stateDir],
    ...(seeded.demo
      ? [['Demo sign-ins', `password of all: ${stack.demoPassword}  (of this sandbox only)`] as const, ...[...DEMO_PEOPLE, ...MONEY_PEOPLE].map(({ email, shows }) => ['', `${email.padEnd(24)}${shows}`] as const)]
      : [['Demo sign-ins', `none (${seeded.why})`] as const]),
  ];
  return `\n${box(`Clawkeep is ready after ${(stack.readyMs / 1000).toFixed(1)} s`, rows)}Ctrl-C stops everything.\n`;
}

/** A plain table with a title; the first column is as wide as its longest entry. */
export function box(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = '─'.repeat(Math.max(title.length, ...rows.map(([, text]) => width + 2 + text.length)));
  return `${title}\n${line}\n${rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n')}\n${line}\n`;
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}
