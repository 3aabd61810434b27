import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsOptional } from 'class-validator';
import { DESIRED_STATES, INSTANCE_STATUSES, PROVIDERS, type DesiredState, type InstanceStatus, type Provider } from '#domain/instance/instance.types.js';
import type { StepState } from '#domain/provisioning/provisioning.types.js';
import { Line, Shape } from '../http/text.js';
import { PageOf } from '../http/list.dto.js';
import { IsSubdomain } from './subdomain.decorator.js';

const STEP_STATES = ['waiting', 'running', 'done', 'failed', 'undone'] as const;
const NAME_RULE = { min: 1, max: 60, message: 'Give a name of 1 to 60 characters on one line.' } as const;
const ID_TEXT = /^[a-z0-9][a-z0-9._:/-]{0,99}$/i;

export class InstanceStepDto {
  @ApiProperty({ example: 'create_container' }) name!: string;
  @ApiProperty({ enum: STEP_STATES }) state!: StepState;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) startedAt!: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) endedAt!: string | null;
  @ApiPropertyOptional({ type: 'string', nullable: true }) error?: string | null;
}

export class InstanceDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() subdomain!: string;
  @ApiProperty() planId!: string;
  @ApiProperty({ enum: PROVIDERS }) provider!: Provider;
  @ApiProperty() model!: string;
  @ApiProperty({ type: [String] }) skills!: string[];
  @ApiProperty({ enum: INSTANCE_STATUSES }) status!: InstanceStatus;
  @ApiProperty({ type: 'string', nullable: true }) statusReason!: string | null;
  @ApiProperty({ format: 'date-time' }) statusSince!: string;
  @ApiProperty({ enum: DESIRED_STATES }) desiredState!: DesiredState;
  @ApiProperty({ type: 'string', nullable: true }) url!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) host!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) image!: string | null;
  @ApiProperty({ description: 'Counts the containers this instance has had; begins at 1.' }) generation!: number;
  @ApiProperty({ description: 'Grows with every change; drop an event that is older.' }) version!: number;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ type: [InstanceStepDto], description: 'Steps of the provisioning (or removal) that is under way or was the last.' }) steps!: InstanceStepDto[];
}

export class WishedInstanceDto extends InstanceDto {
  @ApiProperty({ type: 'string', enum: ['checkout'], nullable: true, description: '`checkout`: a slot is reserved, go on with POST /checkout. null: it is being provisioned.' })
  next!: 'checkout' | null;
}

export const InstancePageDto = PageOf(InstanceDto, 'InstancePageDto');

export class CreateInstanceDto {
  @ApiPropertyOptional({ maxLength: 60, default: 'Assistant', description: 'Unique among the customer’s instances.' }) @IsOptional() @Line(NAME_RULE)
  name?: string;

  @ApiPropertyOptional({ example: 'my-claw', description: 'Made from the name where left out.' }) @IsOptional() @IsSubdomain()
  subdomain?: string;

  @ApiProperty({ example: 'pro' }) @Shape(ID_TEXT, 'planId must be the id of a plan of GET /plans.')
  planId!: string;

  @ApiProperty({ enum: PROVIDERS }) @IsIn(PROVIDERS, { message: `provider must be one of ${PROVIDERS.join(', ')}.` })
  provider!: Provider;

  @ApiPropertyOptional({ description: 'Id of GET /models; the provider’s default where left out.' }) @IsOptional() @Shape(ID_TEXT, 'model must be the id of a model of GET /models.')
  model?: string;

  @ApiPropertyOptional({ type: [String], maxItems: 100, description: 'Ids of skills, as many as the plan allows.' }) @IsOptional()
  @IsArray({ message: 'skills must be a list of skill ids.' })
  @ArrayMaxSize(100, { message: 'skills may have 100 entries at most.' })
  @ArrayUnique({ message: 'skills must not name a skill twice.' })
  @Shape.each(/^[a-z0-9][a-z0-9-]{0,63}$/, 'Each skill must be a skill id: small letters, digits and hyphens.')
  skills?: string[];
}

export class UpdateInstanceDto {
  @ApiPropertyOptional({ maxLength: 60 }) @IsOptional() @Line(NAME_RULE)
  name?: string;
}

export class SubdomainDto {
  @ApiProperty() subdomain!: string;
  @ApiProperty() available!: boolean;
  @ApiProperty({ type: 'string', nullable: true, description: 'Why not, and how to mend it.' }) reason!: string | null;
}
