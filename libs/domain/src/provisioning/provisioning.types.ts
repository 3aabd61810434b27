/** Steps of provisioning in order, and of teardown in order; shown to the customer under these names. */
export const PROVISION_STEPS = [
  'reserve_slot', 'reserve_port', 'create_network', 'create_volumes', 'create_container', 'write_configuration',
  'start_container', 'await_healthy', 'first_answer', 'publish_route', 'announce',
] as const;
export type ProvisionStep = (typeof PROVISION_STEPS)[number];

export const TEARDOWN_STEPS = [
  'unpublish_route', 'stop_container', 'export_data', 'remove_container', 'remove_volumes', 'remove_network',
  'revoke_access', 'release_port', 'release_slot',
] as const;
export type TeardownStep = (typeof TEARDOWN_STEPS)[number];

export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'undone';
