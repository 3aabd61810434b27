import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type CalledRequest, type Member } from '../policy/caller.js';
import { AdminRoute } from '../policy/policy.decorators.js';
import { CheckoutDto, OpenCheckoutDto } from './billing.dto.js';
import { CheckoutService } from './checkout.service.js';

@ApiTags('billing')
@Controller('checkout')
export class CheckoutController {
  constructor(private readonly checkout: CheckoutService) {}

  /** Reserves a slot and opens a Stripe Checkout Session; both end together. 409 NO_CAPACITY before any money is asked for, ALREADY_SUBSCRIBED, PROMOTION_CODE_INVALID. */
  @Post() @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: CheckoutDto }) @ApiProblems(400, 401, 403, 404, 409, 429, 503)
  openCheckout(@CurrentMember() member: Member, @Body() order: OpenCheckoutDto, @Req() request: CalledRequest): Promise<CheckoutDto> {
    return this.checkout.open(member, order, request);
  }
}
