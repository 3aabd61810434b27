/**
 * The arrows between the rooms (docs/ARCHITECTURE.md): domain ← workflows ← activities ← worker, domain ← database ← api, gateway.
 * Each rule says why it is there; stack/arrows.spec.ts plants a bad import for each and sees it refused.
 */
const TESTS = '(\\.spec|\\.int\\.spec|\\.contract)\\.tsx?$|(^|/)(testing|contract|test)/';
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'domain-imports-only-itself',
      comment: 'Decisions are pure: the same in a workflow, a query and a test. Whatever domain imported, all of them would drag along.',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: TESTS },
      to: { pathNot: '^libs/domain/' },
    },
    {
      name: 'workflows-are-replayable',
      comment: 'Workflow code runs in a sandbox and is replayed years later: only domain, itself and what Temporal makes deterministic. No activity code, database, configuration, Nest or node:*.',
      severity: 'error',
      from: { path: '^libs/workflows/', pathNot: TESTS },
      to: { pathNot: ['^libs/(workflows|domain)/', npm('@temporalio/workflow', '@temporalio/common')] },
    },
    {
      name: 'api-sees-only-contracts',
      comment: 'The API starts, signals and updates workflows by name. With the workflows or activities themselves in its hands, policy would leak into controllers.',
      severity: 'error',
      from: { path: '^apps/api/', pathNot: TESTS },
      to: { path: ['^libs/workflows/src/(?!contracts/)', '^libs/activities/', '^apps/(?!api/)'] },
    },
    {
      name: 'gateway-lives-alone',
      comment: 'Running assistants depend on the gateway when everything else is down: it needs Postgres and nothing of Temporal, Docker or Stripe.',
      severity: 'error',
      from: { path: '^apps/gateway/', pathNot: TESTS },
      to: { path: ['^libs/(workflows|activities|temporal)/', '^apps/(?!gateway/)', npm('@temporalio/[^/]+')] },
    },
    {
      name: 'web-sees-types-only',
      comment: 'The dashboard knows the API by its generated client and shares words (types) with domain; more would put server code into the browser.',
      severity: 'error',
      from: { path: '^apps/web/' },
      to: { path: '^(libs|apps/(?!web/)|sandbox|stack)', pathNot: '^libs/domain/src/.+\\.types\\.ts$' },
    },
    {
      name: 'worker-is-the-top',
      comment: 'The worker joins ports to activities; it has no business in another process, and nobody has any in it.',
      severity: 'error',
      from: { path: '^apps/worker/', pathNot: TESTS },
      to: { path: '^apps/(?!worker/)' },
    },
    {
      name: 'libraries-do-not-know-applications',
      comment: 'Arrows point from applications to libraries; the other way round is a circle in the making. Only the test harness starts whole applications.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/testing/' },
      to: { path: '^apps/' },
    },
    {
      name: 'activities-know-no-workflow-code',
      comment: 'Activities implement ports and speak in contracts. A workflow imported into an activity runs outside the sandbox that makes it deterministic.',
      severity: 'error',
      from: { path: '^libs/activities/', pathNot: TESTS },
      to: { path: '^libs/workflows/src/(?!(contracts|ports)/)' },
    },
    {
      name: 'database-knows-domain-only',
      comment: 'Rows and statements serve every process; what the database room imports, the gateway would have to load too.',
      severity: 'error',
      from: { path: '^libs/database/', pathNot: TESTS },
      to: { path: '^libs/(?!(database|domain)/)' },
    },
    {
      name: 'config-knows-domain-only',
      comment: 'Configuration is read first, before anything else exists.',
      severity: 'error',
      from: { path: '^libs/config/', pathNot: TESTS },
      to: { path: '^libs/(?!(config|domain)/)' },
    },
    {
      name: 'temporal-is-told-its-settings',
      comment: 'Connection, codec and worker settings serve api, worker, sandbox and tests alike: they get their values handed in, and read no configuration or database.',
      severity: 'error',
      from: { path: '^libs/temporal/', pathNot: TESTS },
      to: { path: '^libs/(config|database|activities)/' },
    },
    {
      name: 'stripe-in-one-folder',
      comment: "Stripe's words end in the folder that translates them; only the webhook's signature is checked where it comes in.",
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/activities/src/stripe/', '^apps/api/src/webhooks/stripe[^/]*$', '^libs/testing/'] },
      to: { path: npm('stripe') },
    },
    {
      name: 'dockerode-in-one-folder',
      comment: 'Who holds a Docker socket is root on that host: one folder calls it. Besides it only tests, the builder of the agent image, and the stack where it asks whether an engine answers and what of ours runs there.',
      severity: 'error',
      from: {
        path: '^(apps|libs|sandbox|stack|bench)/',
        pathNot: ['^libs/activities/src/docker/', '^libs/testing/', '^sandbox/emulators/openclaw/image\\.ts$', '^stack/(docker-choice|engine-containers)\\.ts$', '^(sandbox|stack)/.+\\.spec\\.ts$'],
      },
      to: { path: npm('dockerode', '@types/dockerode') },
    },
    {
      name: 'twilio-in-one-folder',
      comment: "Twilio's words end in the folder that translates them; only the signature of its callbacks is checked where they come in, and the emulator's contract spec speaks through Twilio's own package.",
      severity: 'error',
      from: { path: '^(apps|libs|sandbox|stack|bench)/', pathNot: ['^libs/activities/src/twilio/', '^apps/api/src/webhooks/twilio[^/]*$', '\\.spec\\.ts$'] },
      to: { path: npm('twilio') },
    },
    {
      name: 'production-knows-no-sandbox',
      comment: 'The same code runs everywhere; a stand-in is reached by its address and never by an import.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: TESTS },
      to: { path: '^(sandbox|stack|bench|test)/' },
    },
    {
      name: 'testing-stays-in-tests',
      comment: 'Builders and fault kits are for tests: nothing that ships may need them.',
      severity: 'error',
      from: { path: '^(apps|libs|sandbox|stack)/', pathNot: [TESTS, '^libs/testing/'] },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'nobody-imports-a-spec',
      comment: 'A spec that is imported runs twice, or in production.',
      severity: 'error',
      from: {},
      to: { path: '\\.spec\\.tsx?$' },
    },
    {
      name: 'ships-without-dev-dependencies',
      comment: 'Development packages are not in the image that is deployed.',
      severity: 'error',
      from: { path: '^(apps/(api|worker|gateway)|libs)/', pathNot: [TESTS, '^libs/testing/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'], pathNot: npm('@types/[^/]+') },
    },
    {
      name: 'no-circular',
      comment: 'A circle has no first file: load order decides what is undefined, and no part of it can be understood or tested alone.',
      severity: 'error',
      from: {},
      // A circle that is closed by a type alone has no load order.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-resolves',
      comment: 'A path that leads nowhere is an arrow that no rule can see.',
      severity: 'error',
      from: { pathNot: '^apps/web/src/(api/generated|routeTree\\.gen)' },
      to: { couldNotResolve: true, pathNot: '^(virtual:|node:)|routeTree\\.gen' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.clawkeep|histories)/' },
    // Type imports are arrows too: a type that leads from domain to Stripe ties domain to Stripe.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'node', 'import', 'require', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
    moduleSystems: ['es6', 'cjs'],
  },
};
