import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type as Cast } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { OVERLAYS, PAYMENT_TRIGGERS, SERVICE_LEVELS, STAGES, type Overlay, type PaymentTrigger, type ServiceLevel, type Stage } from '#domain/lifecycle/lifecycle.types.js';
import { NextStepDto } from '../account/me.dto.js';
import { ListQuery, PageOf } from '../http/list.dto.js';
import { Line, Shape } from '../http/text.js';
import { InvoiceDto } from '../invoices/invoices.dto.js';

/** lifecycle.md rule 9, as paths. */
export const SUPPORT_VERBS = ['pay-now', 'extend-grace', 'pause-dunning', 'waive-invoice', 'set-stage', 'retry-step'] as const;
export type SupportVerb = (typeof SUPPORT_VERBS)[number];

export class CustomerSearchQuery extends ListQuery {
  @ApiPropertyOptional({ description: 'A part of the name or e-mail, or an id of ours or of Stripe’s.' }) @IsOptional()
  @IsString({ message: 'q must be text.' }) @MaxLength(200, { message: 'q must be at most 200 characters.' })
  q?: string;

  @ApiPropertyOptional({ enum: STAGES }) @IsOptional() @IsIn(STAGES, { message: `stage must be one of ${STAGES.join(', ')}.` })
  stage?: Stage;
}

export class SupportCustomerDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ type: 'string', nullable: true, description: 'Of the owner.' }) email!: string | null;
  @ApiProperty({ enum: STAGES }) stage!: Stage;
  @ApiProperty({ enum: SERVICE_LEVELS }) serviceLevel!: ServiceLevel;
  @ApiProperty({ enum: OVERLAYS, isArray: true }) overlays!: Overlay[];
  @ApiProperty({ type: 'string', nullable: true }) planId!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) needsAttention!: string | null;
  @ApiProperty({ type: NextStepDto, nullable: true }) nextStep!: NextStepDto | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
}
export const SupportCustomerPageDto = PageOf(SupportCustomerDto, 'SupportCustomerPageDto');

export class SupportViewDto {
  @ApiProperty({ example: 'In grace' }) name!: string;
  @ApiProperty({ format: 'uri', description: 'The list in the Temporal UI.' }) url!: string;
}
export class SupportViewsDto {
  @ApiProperty({ type: [SupportViewDto] }) data!: SupportViewDto[];
}

export class DeadlineDto {
  @ApiProperty({ enum: STAGES }) stage!: Stage;
  @ApiProperty({ format: 'date-time', description: 'Customer time. The stage is entered then, or later where its notice is younger than promised.' }) at!: string;
}
export class AttemptDto {
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ enum: PAYMENT_TRIGGERS }) trigger!: PaymentTrigger;
  @ApiProperty({ enum: ['paid', 'declined', 'processing'] }) outcome!: 'paid' | 'declined' | 'processing';
  @ApiProperty() invoiceId!: string;
}
export class ShiftDto {
  @ApiProperty({ enum: ['pause', 'extend_grace', 'set_stage'] }) kind!: 'pause' | 'extend_grace' | 'set_stage';
  @ApiProperty() days!: number;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty() actor!: string;
  @ApiProperty() reason!: string;
}
export class DunningDto {
  @ApiProperty() caseId!: string;
  @ApiProperty({ format: 'date-time' }) anchorAt!: string;
  @ApiProperty() policyVersion!: string;
  @ApiProperty() amountRemainingCents!: number;
  @ApiProperty() currency!: string;
  @ApiProperty({ type: 'string', nullable: true, description: 'A decline that cannot succeed on retry with the same card.' }) hardDecline!: string | null;
  @ApiProperty({ type: [DeadlineDto] }) deadlines!: DeadlineDto[];
  @ApiProperty({ type: [AttemptDto] }) attempts!: AttemptDto[];
  @ApiProperty({ type: [ShiftDto] }) shifts!: ShiftDto[];
}

export class SupportInstanceDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() status!: string;
  @ApiProperty({ type: 'string', nullable: true }) statusReason!: string | null;
  @ApiProperty({ description: 'The plan whose limits it has now.' }) planId!: string;
  @ApiProperty({ type: 'string', nullable: true }) hostId!: string | null;
  @ApiProperty({ type: 'string', format: 'uri', description: 'Its latest provisioning in the Temporal UI.' }) temporalUrl!: string;
}

export class SupportCustomerDetailDto extends SupportCustomerDto {
  @ApiProperty({ type: DunningDto, nullable: true }) dunning!: DunningDto | null;
  @ApiProperty({ type: [InvoiceDto] }) invoices!: InvoiceDto[];
  @ApiProperty({ type: [SupportInstanceDto] }) instances!: SupportInstanceDto[];
  @ApiProperty({ type: 'string', nullable: true }) stripeCustomerId!: string | null;
  @ApiProperty({ type: 'string', format: 'uri', description: 'The customer’s workflow in the Temporal UI.' }) temporalUrl!: string;
}

export const TIMELINE_KINDS = ['stage', 'support', 'notice'] as const;
export class TimelineEntryDto {
  @ApiProperty() id!: string;
  @ApiProperty({ format: 'date-time', description: 'When it was put on record.' }) at!: string;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'Customer time, where it is known.' }) customerTime!: string | null;
  @ApiProperty({ enum: TIMELINE_KINDS }) kind!: (typeof TIMELINE_KINDS)[number];
  @ApiProperty({ example: 'grace → downgraded' }) title!: string;
  @ApiProperty({ description: 'Why, in words.' }) detail!: string;
  @ApiProperty({ example: 'policy' }) actor!: string;
  @ApiProperty({ type: 'string', nullable: true }) policyVersion!: string | null;
  @ApiProperty({ enum: STAGES, nullable: true }) fromStage!: Stage | null;
  @ApiProperty({ enum: STAGES, nullable: true }) toStage!: Stage | null;
  @ApiProperty({ type: 'string', nullable: true, description: 'Of support’s act, or of the notice.' }) verb!: string | null;
  @ApiProperty({ type: NextStepDto, nullable: true, description: 'What was to come next then.' }) next!: NextStepDto | null;
}
export const TimelinePageDto = PageOf(TimelineEntryDto, 'TimelinePageDto');

export class SupportActionDto {
  @ApiProperty({ minLength: 3, maxLength: 500, description: 'Why; stands in the ledger and in the timeline.' })
  @Line({ min: 3, max: 500, message: 'Say why, in 3 to 500 characters on one line.' })
  reason!: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 60, description: 'extend-grace, pause-dunning.' }) @IsOptional() @Cast(() => Number)
  @IsInt({ message: 'days must be a whole number of at least 1.' }) @Min(1, { message: 'days must be a whole number of at least 1.' }) @Max(60, { message: 'days must be at most 60.' })
  days?: number;

  @ApiPropertyOptional({ enum: STAGES, description: 'set-stage.' }) @IsOptional() @IsIn(STAGES, { message: `stage must be one of ${STAGES.join(', ')}.` })
  stage?: Stage;

  @ApiPropertyOptional({ description: 'waive-invoice.' }) @IsOptional() @Shape(/^in_[A-Za-z0-9_]{1,200}$/, 'invoiceId must be the id of an invoice of Stripe’s (in_…).')
  invoiceId?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'retry-step.' }) @IsOptional() @IsUUID('all', { message: 'instanceId must be the id of an instance of this customer.' })
  instanceId?: string;
}
