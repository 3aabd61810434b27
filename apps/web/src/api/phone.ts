import { client } from './generated/client.gen.js';
import type { ConfirmPhoneResponses, SendPhoneCodeResponses } from './generated/types.gen.js';
import { body, throwing } from './http.js';

// Not by sdk.gen: only the settings page asks for these.
const PHONE = '/api/v1/users/me/phone';

/**
 * Sends a six-digit code to the number of the profile.
 * @throws ProblemError NO_PHONE, OPTED_OUT, PHONE_NOTICES_OFF, CODE_NOT_SENT
 */
export const sendPhoneCode = () => body(client.post<SendPhoneCodeResponses, unknown, true>({ ...throwing, url: `${PHONE}/verify` }));
/** Enters the code; the profile as it is then. @throws ProblemError with the field `code` */
export const confirmPhone = (code: string) => body(client.post<ConfirmPhoneResponses, unknown, true>({ ...throwing, url: `${PHONE}/confirm`, headers: { 'Content-Type': 'application/json' }, body: { code } }));
