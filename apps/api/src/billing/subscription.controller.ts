import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type CalledRequest, type Member } from '../policy/caller.js';
import { AdminRoute, MemberRoute } from '../policy/policy.decorators.js';
import { ChangePlanDto, ChangePreviewDto, OpenPortalDto, PaidDto, PlanChoiceDto, PortalDto, SubscriptionStateDto } from './billing.dto.js';
import { SubscriptionService } from './subscription.service.js';

@ApiTags('billing')
@Controller('subscription')
export class SubscriptionController {
  constructor(private readonly subscription: SubscriptionService) {}

  /** Stage, what happens next, and Stripe's subscription as we last read it. */
  @Get() @MemberRoute()
  @ApiOkResponse({ type: SubscriptionStateDto }) @ApiProblems(401)
  getSubscription(@CurrentMember() member: Member): Promise<SubscriptionStateDto> {
    return this.subscription.read(member);
  }

  /** What a change of plan would cost now, to the cent. */
  @Post('preview') @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: ChangePreviewDto }) @ApiProblems(400, 401, 403, 409, 503)
  previewPlanChange(@CurrentMember() member: Member, @Body() choice: PlanChoiceDto, @Req() request: CalledRequest): Promise<ChangePreviewDto> {
    return this.subscription.preview(member, choice, request);
  }

  /** Changes the plan at once, at the amount of the preview, or books the change for the end of the paid period; the present plan again lets a booked change go. 409 SAME_PLAN, NO_SUBSCRIPTION; 402 PAYMENT_FAILED. */
  @Post('change') @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: SubscriptionStateDto }) @ApiProblems(400, 401, 402, 403, 409, 503)
  changePlan(@CurrentMember() member: Member, @Body() change: ChangePlanDto, @Req() request: CalledRequest): Promise<SubscriptionStateDto> {
    return this.subscription.change(member, change, request);
  }

  /** Cancels at the end of the paid period; until then everything goes on. */
  @Post('cancel') @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: SubscriptionStateDto }) @ApiProblems(401, 403, 409, 503)
  cancelSubscription(@CurrentMember() member: Member, @Req() request: CalledRequest): Promise<SubscriptionStateDto> {
    return this.subscription.cancel(member, request);
  }

  /** Takes a cancellation back. 409 NOT_CANCELING. */
  @Post('resume') @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: SubscriptionStateDto }) @ApiProblems(401, 403, 409, 503)
  resumeSubscription(@CurrentMember() member: Member, @Req() request: CalledRequest): Promise<SubscriptionStateDto> {
    return this.subscription.resume(member, request);
  }

  /** Pays the oldest open invoice with the card on file. 402 PAYMENT_FAILED, 409 NOTHING_TO_PAY. */
  @Post('pay-now') @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: PaidDto }) @ApiProblems(401, 402, 403, 409, 503)
  payNow(@CurrentMember() member: Member, @Req() request: CalledRequest): Promise<PaidDto> {
    return this.subscription.payNow(member, request);
  }

  /** A page of Stripe's on which to change the card. */
  @Post('portal') @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: PortalDto }) @ApiProblems(400, 401, 403, 409, 503)
  openPortal(@CurrentMember() member: Member, @Body() wish: OpenPortalDto, @Req() request: CalledRequest): Promise<PortalDto> {
    return this.subscription.portal(member, wish, request);
  }
}
