import { queryOptions } from '@tanstack/react-query';
import * as sdk from './generated/sdk.gen.js';
import type { UpdateMeDto } from './generated/types.gen.js';
import { body, throwing } from './http.js';

export const meQuery = () => queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => body(sdk.getMe({ ...throwing, signal })), staleTime: 10_000 });

export type ProfilePatch = UpdateMeDto;
export const updateMe = (patch: ProfilePatch) => body(sdk.updateMe({ ...throwing, body: patch }));

/**
 * Starts the 30-day grace after which the account and all of its data are removed.
 * @throws ProblemError SUBSCRIPTION_RENEWS while a subscription would be charged again
 */
export const deleteMe = () => body(sdk.deleteMe(throwing));

/** Takes the wish for deletion back. */
export const restoreMe = () => body(sdk.restoreMe(throwing));
