import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { Environment } from '#config/environment.js';
import { storeMessageStatus } from '#database/notices/delivery-status.js';
import { Database } from '../database/database.js';
import { ApiProblems } from '../http/problem.dto.js';
import { Unlimited } from '../limits/unlimited.decorator.js';
import type { CalledRequest } from '../policy/caller.js';
import { Public } from '../policy/policy.decorators.js';
import { ENVIRONMENT } from '../tokens.js';
import { readMessageStatus, verifyTwilioSignature } from './twilio-status.js';

@ApiTags('webhooks')
@Controller('webhooks/twilio')
export class TwilioWebhookController {
  constructor(private readonly database: Database, @Inject(ENVIRONMENT) private readonly environment: Environment) {}

  /**
   * What became of a message (Twilio's status callback): the signature is checked over the public address and the body, and the status is stored once,
   * by message and status, before the 2xx. 400 SIGNATURE_INVALID.
   */
  @Post('status') @Public() @Unlimited() @HttpCode(204)
  @ApiHeader({ name: 'X-Twilio-Signature', required: true }) @ApiNoContentResponse() @ApiProblems(400, 503)
  async receiveTwilioStatus(@Req() request: CalledRequest): Promise<void> {
    const { PUBLIC_URL, TWILIO_AUTH_TOKEN, TWILIO_ACCOUNT_SID } = this.environment;
    // Twilio signs the address that it was given; behind a proxy the request itself does not know it.
    const form = verifyTwilioSignature(request.rawBody, request.headers['x-twilio-signature'], PUBLIC_URL.replace(/\/$/, '') + request.originalUrl, TWILIO_AUTH_TOKEN);
    const event = readMessageStatus(form, TWILIO_ACCOUNT_SID, request.query['delivery']);
    await this.database.transaction((manager) => storeMessageStatus(manager, event));
  }
}
