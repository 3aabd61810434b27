import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsISO8601, IsOptional, IsUUID } from 'class-validator';
import { OVERLAYS, STAGES, type Overlay, type Stage } from '#domain/lifecycle/lifecycle.types.js';
import { Shape } from '../http/text.js';
import { NextStepDto } from '../account/me.dto.js';

const ID_TEXT = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

export class PlanChoiceDto {
  @ApiProperty({ example: 'pro' }) @Shape(ID_TEXT, 'planId must be the id of a plan of GET /plans.') planId!: string;

  @ApiPropertyOptional({ description: 'One of the plan’s prices; the first where left out.' }) @IsOptional() @Shape(ID_TEXT, 'priceId must be the id of a price of the plan.')
  priceId?: string;
}

export class OpenCheckoutDto extends PlanChoiceDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'May be left out where the customer has one instance that waits for payment.' }) @IsOptional()
  @IsUUID('all', { message: 'instanceId must be the id of one of your instances.' })
  instanceId?: string;

  @ApiPropertyOptional() @IsOptional() @Shape(/^[A-Za-z0-9_-]{1,64}$/, 'promotionCode must be 1 to 64 letters, digits and hyphens.')
  promotionCode?: string;
}

export class CheckoutDto {
  @ApiProperty({ format: 'uri' }) checkoutUrl!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiProperty() checkoutSessionId!: string;
  @ApiProperty({ format: 'uuid' }) instanceId!: string;
}

export class ChangePlanDto extends PlanChoiceDto {
  @ApiPropertyOptional({ format: 'date-time', description: '`prorationAt` of the preview, so that the amount is the one that was shown.' }) @IsOptional()
  @IsISO8601({ strict: true }, { message: 'prorationAt must be the prorationAt of the preview.' })
  prorationAt?: string;

  @ApiPropertyOptional({ description: 'Book it for the end of the paid period, without proration. Where neither this nor `prorationAt` is given, a cheaper plan is booked and a dearer one begins at once.' })
  @IsOptional() @IsBoolean({ message: 'atPeriodEnd must be true or false.' })
  atPeriodEnd?: boolean;
}

export class OpenPortalDto {
  @ApiPropertyOptional({ enum: ['payment_method_update'], description: 'Straight to the page for a new card.' })
  @IsOptional() @IsIn(['payment_method_update'], { message: 'flow must be payment_method_update, or be left out.' })
  flow?: 'payment_method_update';
}

export class ChangePreviewLineDto {
  @ApiProperty() description!: string;
  @ApiProperty() amountCents!: number;
}

export class ChangePreviewDto {
  @ApiProperty({ description: 'Due now; less than 0 = credit.' }) amountDueCents!: number;
  @ApiProperty() currency!: string;
  @ApiProperty({ format: 'date-time' }) prorationAt!: string;
  @ApiProperty({ type: [ChangePreviewLineDto] }) lines!: ChangePreviewLineDto[];
}

export class PaymentMethodDto {
  @ApiProperty({ example: 'card' }) type!: string;
  @ApiProperty({ type: 'string', nullable: true, example: 'visa' }) brand!: string | null;
  @ApiProperty({ type: 'string', nullable: true, example: '4242' }) last4!: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) expMonth!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) expYear!: number | null;
}

export class ScheduledChangeDto {
  @ApiProperty({ type: 'string', nullable: true }) planId!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) priceId!: string | null;
  @ApiProperty({ format: 'date-time' }) at!: string;
}

export class SubscriptionDto {
  @ApiProperty({ example: 'active', description: 'Stripe’s own word.' }) status!: string;
  @ApiProperty({ type: 'string', nullable: true }) planId!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) priceId!: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) amountCents!: number | null;
  @ApiProperty({ type: 'string', nullable: true }) currency!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) interval!: string | null;
  @ApiProperty({ type: 'integer', nullable: true }) intervalCount!: number | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) currentPeriodEndsAt!: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) trialEndsAt!: string | null;
  @ApiProperty() cancelAtPeriodEnd!: boolean;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) endedAt!: string | null;
  @ApiProperty({ type: ScheduledChangeDto, nullable: true, description: 'A change of plan that is booked.' }) scheduledChange!: ScheduledChangeDto | null;
  @ApiProperty({ type: PaymentMethodDto, nullable: true }) paymentMethod!: PaymentMethodDto | null;
}

export class SubscriptionStateDto {
  @ApiProperty({ enum: STAGES }) stage!: Stage;
  @ApiProperty({ enum: OVERLAYS, isArray: true }) overlays!: Overlay[];
  @ApiProperty({ type: NextStepDto, nullable: true }) nextStep!: NextStepDto | null;
  @ApiProperty({ type: SubscriptionDto, nullable: true, description: 'The live subscription, or the last one; null = never had one.' }) subscription!: SubscriptionDto | null;
  @ApiProperty({ description: 'A trial is given once: true = the next subscription is charged at once.' }) trialUsed!: boolean;
}

export class PaidDto {
  @ApiProperty() invoiceId!: string;
  @ApiProperty() amountCents!: number;
  @ApiProperty() currency!: string;
}

export class PortalDto {
  @ApiProperty({ format: 'uri' }) url!: string;
}
