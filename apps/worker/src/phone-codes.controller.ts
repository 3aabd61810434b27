import { Body, Controller, HttpCode, Inject, Post, Req, ServiceUnavailableException, UnauthorizedException, BadRequestException } from '@nestjs/common';
import type { Request } from 'express';
import type { PhoneCodeAnswer } from '#activities/twilio/phone-codes.js';
import type { Environment } from '#config/environment.js';
import { INTERNAL_TOKEN_HEADER, isInternalToken } from '#config/internal-token.js';
import type { Phones } from './phones.js';
import { ENVIRONMENT, PHONES } from './tokens.js';

/** One-time codes to phones, asked for by the API: Twilio's words end in the worker. Loopback only. */
@Controller('internal/phone-codes')
export class PhoneCodesController {
  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment, @Inject(PHONES) private readonly phones: Phones | null) {}

  /** Sends a code to the number that the user has given. 503 where phones are not set up. */
  @Post() @HttpCode(200)
  async send(@Req() request: Request, @Body() body: unknown): Promise<PhoneCodeAnswer> {
    if (!isInternalToken(request.headers[INTERNAL_TOKEN_HEADER], this.environment.AUTH_SECRET, 'worker')) throw new UnauthorizedException();
    if (this.phones === null) throw new ServiceUnavailableException({ code: 'PHONES_OFF', detail: 'Twilio is not set up.' });
    const userId = (body as { userId?: unknown } | undefined)?.userId;
    if (typeof userId !== 'string') throw new BadRequestException({ code: 'VALIDATION_FAILED', detail: 'wants {userId}' });
    return this.phones.codes.send(userId);
  }
}
