import { queryOptions } from '@tanstack/react-query';
import * as sdk from './generated/sdk.gen.js';
import type { CreateInstanceDto, ProviderKeyInputDtoWritable } from './generated/types.gen.js';
import { body, throwing } from './http.js';
import type { Provider } from './types.js';

export const instancesQuery = () => queryOptions({ queryKey: ['instances'], queryFn: async ({ signal }) => (await body(sdk.listInstances({ ...throwing, signal }))).data });
export const instanceQuery = (id: string) => queryOptions({ queryKey: ['instance', id], queryFn: ({ signal }) => body(sdk.getInstance({ ...throwing, signal, path: { id } })) });
export const usageQuery = () => queryOptions({ queryKey: ['usage'], queryFn: ({ signal }) => body(sdk.getUsage({ ...throwing, signal })) });
export const exportsQuery = () => queryOptions({ queryKey: ['exports'], queryFn: async ({ signal }) => (await body(sdk.listExports({ ...throwing, signal }))).data });
export const modelsQuery = () => queryOptions({ queryKey: ['models'], queryFn: async ({ signal }) => (await body(sdk.listModels({ ...throwing, signal }))).data, staleTime: 300_000 });
export const providerKeysQuery = () => queryOptions({ queryKey: ['provider-keys'], queryFn: async ({ signal }) => (await body(sdk.listProviderKeys({ ...throwing, signal }))).data });

/** Whether an address is well formed and free. */
export const availabilityQuery = (subdomain: string) => queryOptions({
  queryKey: ['subdomain', subdomain],
  queryFn: ({ signal }) => body(sdk.checkSubdomain({ ...throwing, signal, path: { subdomain } })),
  staleTime: 5_000,
});

/**
 * Wishes an instance. `next: 'checkout'` where a slot is reserved and it must be paid for; the same wish again answers with the same instance.
 * @throws ProblemError NO_CAPACITY, NAME_TAKEN, SUBDOMAIN_TAKEN, INSTANCE_LIMIT, PROVIDER_KEY_MISSING
 */
export const createInstance = (wish: CreateInstanceDto) => body(sdk.createInstance({ ...throwing, body: wish }));

const VERBS = { start: sdk.startInstance, stop: sdk.stopInstance, restart: sdk.restartInstance } as const;
export type Verb = keyof typeof VERBS;
/** Stores the wish; the workflow acts on it. */
export const wishInstance = (id: string, verb: Verb) => body(VERBS[verb]({ ...throwing, path: { id } }));
/** Wishes the instance away; an export stays. */
export const removeInstance = (id: string) => body(sdk.removeInstance({ ...throwing, path: { id } }));

/**
 * Has the key tried at its provider and, where it can be used, stored encrypted.
 * @throws ProblemError KEY_BAD, KEY_EXHAUSTED, PROVIDER_UNREACHABLE
 */
export const saveProviderKey = (input: ProviderKeyInputDtoWritable) => body(sdk.saveProviderKey({ ...throwing, body: input }));
/** @throws ProblemError KEY_IN_USE while an instance works with it */
export const removeProviderKey = (provider: Provider) => body(sdk.removeProviderKey({ ...throwing, path: { provider } }));
