const INSTANCE = '/app/instances/0193bbbb-0000-7000-8000-000000000002';
const WIZARD = { planId: 'pro', priceId: 'pro_month', provider: 'openai', model: 'gpt-5-mini', name: 'Kai', subdomain: 'kai' };

export interface PageCase {
  readonly name: string;
  /** A scene of mock/scenes.mjs. */
  readonly scene: string;
  readonly path: string;
  /** Route of the router this page shows; null for a static page. */
  readonly route: string | null;
  /** The wizard's draft this tab begins with. */
  readonly draft?: object;
  /** What to press before looking: accessible names of buttons, one after the other. */
  readonly press?: readonly string[];
  /** Answers that are meant to fail in this scene. */
  readonly fails?: boolean;
}

const page = (name: string, scene: string, path: string, route: string | null, more: Partial<PageCase> = {}): PageCase => ({ name, scene, path, route, ...more });

/** Every page in every state worth looking at; a route that is missing here fails the test. */
export const PAGES: readonly PageCase[] = [
  page('landing', 'running', '/', null),
  page('pricing', 'running', '/pricing', null),
  page('landing in Russian', 'running', '/ru/', null),
  page('pricing in Russian', 'running', '/ru/pricing', null),
  page('sign-in', 'signed-out', '/sign-in', '/sign-in'),
  page('sign-in with faults', 'signed-out', '/sign-in', '/sign-in', { press: ['Sign in'] }),
  page('sign-up', 'signed-out', '/sign-up', '/sign-up'),
  page('sign-up with faults', 'signed-out', '/sign-up', '/sign-up', { press: ['Create account'] }),
  page('check mail', 'signed-out', '/check-mail', '/check-mail'),
  page('verified', 'running', '/verified', '/verified'),
  page('verification failed', 'signed-out', '/verified?error=TOKEN_EXPIRED', '/verified'),
  page('forgot password', 'signed-out', '/forgot-password', '/forgot-password'),
  page('reset password', 'signed-out', '/reset-password?token=abc', '/reset-password'),
  page('reset password refused', 'signed-out', '/reset-password?error=INVALID_TOKEN', '/reset-password'),
  page('home, empty', 'nothing', '/app', '/app'),
  page('home, running', 'running', '/app', '/app'),
  page('home, trial', 'trial', '/app', '/app'),
  page('home, free and near the limit', 'free', '/app', '/app'),
  page('home, ended', 'ended', '/app', '/app'),
  page('home, data removed', 'torn-down', '/app', '/app'),
  page('home, setting up', 'provisioning', '/app', '/app'),
  page('home, unpaid', 'unpaid', '/app', '/app'),
  page('home, parts failing', 'broken', '/app', '/app', { fails: true }),
  page('home, failing', 'down', '/app', '/app', { fails: true }),
  page('home, account being deleted', 'deleting', '/app', '/app'),
  page('wizard, plan', 'nothing', '/app/new/plan', '/app/new/$step'),
  page('wizard, after the data was removed', 'torn-down', '/app/new/plan', '/app/new/$step'),
  page('wizard, plan missing', 'nothing', '/app/new/plan', '/app/new/$step', { press: ['Continue'] }),
  page('wizard, key', 'nothing', '/app/new/key', '/app/new/$step', { draft: WIZARD }),
  page('wizard, key on file', 'key', '/app/new/key', '/app/new/$step', { draft: WIZARD }),
  page('wizard, name', 'key', '/app/new/name', '/app/new/$step', { draft: WIZARD }),
  page('wizard, name taken', 'key', '/app/new/name', '/app/new/$step', { draft: { ...WIZARD, subdomain: 'taken' }, press: ['Continue'] }),
  page('wizard, review', 'key', '/app/new/review', '/app/new/$step', { draft: WIZARD }),
  page('wizard, left the pay page', 'key', '/app/new/review?canceled=1', '/app/new/$step', { draft: WIZARD }),
  page('wizard, no capacity', 'full', '/app/new/review', '/app/new/$step', { draft: WIZARD, press: ['Continue to payment'], fails: true }),
  page('back from the pay page', 'unpaid', '/app/checkout/return?session=cs_1', '/app/checkout/return'),
  page('left the pay page for a kept assistant', 'ended', `/app/checkout/return?canceled=1&instance=${INSTANCE.split('/').at(-1) ?? ''}`, '/app/billing'),
  page('back from the pay page for a kept assistant', 'ended', '/app/checkout/return?session=cs_1', '/app/checkout/return'),
  page('set-up', 'provisioning', INSTANCE, '/app/instances/$instanceId'),
  page('set-up failed', 'failed', INSTANCE, '/app/instances/$instanceId'),
  page('chat', 'running', INSTANCE, '/app/instances/$instanceId/'),
  page('chat with an answer', 'running', INSTANCE, '/app/instances/$instanceId/', { press: ['Plan three dinners for this week'] }),
  page('chat, stopped', 'stopped', INSTANCE, '/app/instances/$instanceId/'),
  page('stop dialog', 'running', INSTANCE, '/app/instances/$instanceId/', { press: ['Stop'] }),
  page('logs', 'running', `${INSTANCE}/logs`, '/app/instances/$instanceId/logs'),
  page('details', 'running', `${INSTANCE}/details`, '/app/instances/$instanceId/details'),
  page('remove dialog', 'running', `${INSTANCE}/details`, '/app/instances/$instanceId/details', { press: ['Remove assistant'] }),
  page('being removed', 'removing', INSTANCE, '/app/instances/$instanceId'),
  page('removed', 'gone', INSTANCE, '/app/instances/$instanceId'),
  page('no such assistant', 'running', '/app/instances/0193bbbb-0000-7000-8000-00000000dead', '/app/instances/$instanceId', { fails: true }),
  page('billing', 'running', '/app/billing', '/app/billing'),
  page('billing, empty', 'nothing', '/app/billing', '/app/billing'),
  page('billing, canceling', 'canceling', '/app/billing', '/app/billing'),
  page('billing, ended', 'ended', '/app/billing', '/app/billing'),
  page('subscribe again dialog', 'ended', '/app/billing', '/app/billing', { press: ['Subscribe again'] }),
  page('subscribe again, no capacity', 'ended-full', '/app/billing', '/app/billing', { press: ['Subscribe again', 'Continue to payment'], fails: true }),
  page('billing, data removed', 'torn-down', '/app/billing', '/app/billing'),
  page('billing, failing', 'broken', '/app/billing', '/app/billing', { fails: true }),
  page('cancel dialog', 'running', '/app/billing', '/app/billing', { press: ['Cancel plan'] }),
  page('cancel to a free plan dialog', 'soft-plan', '/app/billing', '/app/billing', { press: ['Cancel plan'] }),
  page('settings', 'running', '/app/settings', '/app/settings'),
  page('replace key dialog', 'running', '/app/settings', '/app/settings', { press: ['Replace: OpenAI'] }),
  page('delete account dialog', 'running', '/app/settings', '/app/settings', { press: ['Delete account'] }),
  page('nowhere', 'running', '/app/nowhere', null),
];
