import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type as Cast } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { RECOVERY_CAUSES, type RecoveryCause } from '#domain/finance/ledger.types.js';
import { SERVICE_LEVELS, type ServiceLevel } from '#domain/lifecycle/lifecycle.types.js';
import { DaysToRecoverDto } from './finance.dto.js';

const whole = (name: string, min: number, max: number) => ({ message: `${name} must be a whole number from ${min} to ${max}.` });

/** A stage of the policy that is tried; what is left out stays as it is today. */
export class StageChangeDto {
  @ApiPropertyOptional({ minimum: 0, maximum: 365, description: 'Days after the first failure at which the stage begins.' })
  @IsOptional() @IsInt(whole('fromDay', 0, 365)) @Min(0, whole('fromDay', 0, 365)) @Max(365, whole('fromDay', 0, 365))
  fromDay?: number;

  @ApiPropertyOptional({ enum: SERVICE_LEVELS }) @IsOptional() @IsIn(SERVICE_LEVELS, { message: `serviceLevel must be one of: ${SERVICE_LEVELS.join(', ')}.` })
  serviceLevel?: ServiceLevel;
}

export class StageChangesDto {
  @ApiPropertyOptional({ type: StageChangeDto }) @IsOptional() @ValidateNested() @Cast(() => StageChangeDto) grace?: StageChangeDto;
  @ApiPropertyOptional({ type: StageChangeDto }) @IsOptional() @ValidateNested() @Cast(() => StageChangeDto) downgraded?: StageChangeDto;
  @ApiPropertyOptional({ type: StageChangeDto }) @IsOptional() @ValidateNested() @Cast(() => StageChangeDto) suspended?: StageChangeDto;
  @ApiPropertyOptional({ type: StageChangeDto }) @IsOptional() @ValidateNested() @Cast(() => StageChangeDto) ended?: StageChangeDto;
  @ApiPropertyOptional({ type: StageChangeDto }) @IsOptional() @ValidateNested() @Cast(() => StageChangeDto) torn_down?: StageChangeDto;
}

/** What is changed of today's policy. */
export class PolicyChangeDto {
  @ApiPropertyOptional({ type: [Number], description: 'Days after the first failure on which the payment is tried again.' })
  @IsOptional() @IsArray({ message: 'payAgainOnDays must be a list of days.' }) @ArrayMaxSize(30, { message: 'payAgainOnDays may have 30 days at most.' })
  @IsInt({ each: true, message: 'payAgainOnDays must be whole days.' })
  payAgainOnDays?: number[];

  @ApiPropertyOptional({ type: StageChangesDto }) @IsOptional() @ValidateNested() @Cast(() => StageChangesDto)
  stages?: StageChangesDto;
}

export class SimulateDto {
  @ApiProperty({ enum: ['past', 'generated'], description: '`past` = the cases that were closed; `generated` = a book made from a seed.' })
  @IsIn(['past', 'generated'], { message: 'source must be past or generated.' })
  source!: 'past' | 'generated';

  @ApiPropertyOptional({ minimum: 1, maximum: 10_000, default: 1000 }) @IsOptional() @IsInt(whole('customers', 1, 10_000)) @Min(1, whole('customers', 1, 10_000)) @Max(10_000, whole('customers', 1, 10_000))
  customers: number = 1000;

  @ApiPropertyOptional({ minimum: 0, maximum: 4_294_967_295, default: 1, description: 'The same seed gives the same answer.' })
  @IsOptional() @IsInt(whole('seed', 0, 4_294_967_295)) @Min(0, whole('seed', 0, 4_294_967_295)) @Max(4_294_967_295, whole('seed', 0, 4_294_967_295))
  seed: number = 1;

  @ApiPropertyOptional({ type: PolicyChangeDto, description: 'Left out = today’s policy on both sides.' }) @IsOptional() @ValidateNested() @Cast(() => PolicyChangeDto)
  policy?: PolicyChangeDto;
}

export class SimulatedRecoveryDto {
  @ApiProperty({ enum: RECOVERY_CAUSES }) cause!: RecoveryCause;
  @ApiProperty() customers!: number;
  @ApiProperty() amountCents!: number;
}

/** What a policy made of the book, in one currency. */
export class SimulationTotalsDto {
  @ApiProperty() currency!: string;
  @ApiProperty() customers!: number;
  @ApiProperty() recoveredCustomers!: number;
  @ApiProperty() recoveredCents!: number;
  @ApiProperty() lostCents!: number;
  @ApiProperty({ type: [SimulatedRecoveryDto] }) recoveredBy!: SimulatedRecoveryDto[];
  @ApiProperty({ description: 'Days of full or downgraded service to those who never paid for them.' }) serviceDaysGivenAway!: number;
  @ApiProperty() fullServiceDaysGivenAway!: number;
  @ApiProperty({ description: 'Days with less than full service of those who did pay in the end.' }) serviceDaysWithheld!: number;
  @ApiProperty() noticesSent!: number;
  @ApiProperty({ description: 'Payments that were tried again.' }) retries!: number;
  @ApiProperty() downgraded!: number;
  @ApiProperty() suspended!: number;
  @ApiProperty() ended!: number;
  @ApiProperty({ type: DaysToRecoverDto }) daysToRecover!: DaysToRecoverDto;
}

export class SimulatedDayDto {
  @ApiProperty({ description: 'Days after the first failure.' }) day!: number;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description: 'Stage → customers in it.' }) stages!: Record<string, number>;
}

export class PolicyStageDto {
  @ApiProperty() stage!: string;
  @ApiProperty() fromDay!: number;
  @ApiProperty({ enum: SERVICE_LEVELS }) serviceLevel!: ServiceLevel;
}

export class PolicyOutcomeDto {
  @ApiProperty() policyVersion!: string;
  @ApiProperty({ type: [Number] }) payAgainOnDays!: number[];
  @ApiProperty({ type: [PolicyStageDto] }) stages!: PolicyStageDto[];
  @ApiProperty({ type: [SimulationTotalsDto] }) totals!: SimulationTotalsDto[];
  @ApiProperty({ type: [SimulatedDayDto] }) days!: SimulatedDayDto[];
}

export class SimulationDto {
  @ApiProperty({ enum: ['past', 'generated'] }) source!: 'past' | 'generated';
  @ApiProperty() customers!: number;
  @ApiProperty() seed!: number;
  @ApiProperty({ type: PolicyOutcomeDto, description: 'The policy in force.' }) today!: PolicyOutcomeDto;
  @ApiProperty({ type: PolicyOutcomeDto, description: 'The policy that was tried.' }) changed!: PolicyOutcomeDto;
  @ApiProperty({ type: [String], description: 'What the figures rest on.' }) assumptions!: string[];
  @ApiProperty({ type: [String], description: 'Notices that were moved or left out because they no longer fitted the changed stages.' }) adjusted!: string[];
}
