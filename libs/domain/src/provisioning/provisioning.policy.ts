import type { ProvisionStep, TeardownStep } from './provisioning.types.js';
import type { RETRY_PROFILES } from './retry-profiles.js';

export type RetryProfileName = keyof typeof RETRY_PROFILES;

/** One row of the table of lifecycle.md, "Provisioning: steps and their undo". */
export interface ProvisionRow {
  /** What a person reads while it runs. */
  readonly title: string;
  readonly profile: RetryProfileName;
  /** What takes the step back, in words; null = it leaves nothing behind. */
  readonly undo: string | null;
  readonly undoProfile: RetryProfileName | null;
}

export const PROVISION_POLICY: Readonly<Record<ProvisionStep, ProvisionRow>> = {
  reserve_slot: { title: 'Reserving a place', profile: 'placement', undo: 'Give the place back', undoProfile: 'placement' },
  reserve_port: { title: 'Reserving an address on the host', profile: 'placement', undo: 'Give the address back', undoProfile: 'placement' },
  create_network: { title: 'Building its own network', profile: 'mutateHost', undo: 'Remove the network', undoProfile: 'undoHost' },
  create_volumes: { title: 'Setting up its storage', profile: 'mutateHost', undo: 'Remove the storage', undoProfile: 'undoHost' },
  create_container: { title: 'Building the container', profile: 'mutateHost', undo: 'Remove the container', undoProfile: 'undoHost' },
  write_configuration: { title: 'Writing the configuration', profile: 'mutateHost', undo: 'Remove the configuration and the keys', undoProfile: 'undoHost' },
  start_container: { title: 'Starting the assistant', profile: 'mutateHost', undo: 'Stop the assistant', undoProfile: 'undoHost' },
  await_healthy: { title: 'Waiting until it is ready', profile: 'awaitHealthy', undo: null, undoProfile: null },
  first_answer: { title: 'Asking for a first answer', profile: 'awaitHealthy', undo: null, undoProfile: null },
  publish_route: { title: 'Opening its address', profile: 'placement', undo: 'Close the address', undoProfile: 'placement' },
  announce: { title: 'Telling you', profile: 'mail', undo: null, undoProfile: null },
};

export const TEARDOWN_POLICY: Readonly<Record<TeardownStep, { readonly title: string; readonly profile: RetryProfileName }>> = {
  unpublish_route: { title: 'Closing its address', profile: 'placement' },
  stop_container: { title: 'Stopping the assistant', profile: 'undoHost' },
  export_data: { title: 'Saving your data', profile: 'exportData' },
  remove_container: { title: 'Removing the container', profile: 'undoHost' },
  remove_volumes: { title: 'Removing the storage', profile: 'undoHost' },
  remove_network: { title: 'Removing the network', profile: 'undoHost' },
  revoke_access: { title: 'Revoking its keys', profile: 'placement' },
  release_port: { title: 'Giving the address on the host back', profile: 'placement' },
  release_slot: { title: 'Giving the place back', profile: 'placement' },
};
