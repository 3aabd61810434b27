import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/problem.dto.js';
import { Unlimited } from '../limits/unlimited.decorator.js';
import type { CalledRequest } from '../policy/caller.js';
import { Public } from '../policy/policy.decorators.js';
import { StripeWebhookService } from './stripe-webhook.service.js';

export class ReceivedDto {
  @ApiProperty({ example: true }) received!: true;
}

@ApiTags('webhooks')
@Controller('webhooks/stripe')
export class StripeWebhookController {
  constructor(private readonly webhook: StripeWebhookService) {}

  /** Stripe's events: the signature is checked on the raw bytes, and the event is stored once before the 2xx. 400 SIGNATURE_INVALID. */
  @Post() @Public() @Unlimited() @HttpCode(200)
  @ApiHeader({ name: 'Stripe-Signature', required: true }) @ApiOkResponse({ type: ReceivedDto }) @ApiProblems(400, 503)
  async receiveStripeEvent(@Req() request: CalledRequest): Promise<ReceivedDto> {
    await this.webhook.receive(request.rawBody, request.headers['stripe-signature']);
    return { received: true };
  }
}
