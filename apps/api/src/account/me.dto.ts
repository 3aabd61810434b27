import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { NEXT_STEP_CODES, OVERLAYS, SERVICE_LEVELS, STAGES, type NextStepCode, type Overlay, type ServiceLevel, type Stage } from '#domain/lifecycle/lifecycle.types.js';
import { Line, Shape } from '../http/text.js';
import { NOTICE_CHANNELS, type NoticeChannel } from './phone.dto.js';
import { IsTimeZone } from './time-zone.js';

export const LOCALES = ['en', 'ru'] as const;
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Locale = (typeof LOCALES)[number];
export type Theme = (typeof THEMES)[number];

export class NextStepDto {
  @ApiProperty({ description: 'What happens next, in words.' }) what!: string;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'In customer time; null = no date.' }) at!: string | null;
  @ApiProperty() why!: string;
  @ApiPropertyOptional({ enum: NEXT_STEP_CODES, description: 'The same in a word, for a dashboard in another language.' }) code?: NextStepCode;
  @ApiPropertyOptional({ type: 'object', additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }], nullable: true } }) values?: Record<string, string | number | null>;
}

export class CustomerDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: STAGES }) stage!: Stage;
  @ApiProperty({ enum: SERVICE_LEVELS }) serviceLevel!: ServiceLevel;
  @ApiProperty({ enum: OVERLAYS, isArray: true }) overlays!: Overlay[];
  @ApiProperty({ type: 'string', nullable: true }) planId!: string | null;
  @ApiProperty({ type: NextStepDto, nullable: true }) nextStep!: NextStepDto | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) trialEndsAt!: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) currentPeriodEndsAt!: string | null;
  @ApiProperty() cancelAtPeriodEnd!: boolean;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'The account was asked to be deleted; it is kept until this time.' }) deletionAt!: string | null;
  @ApiProperty({ enum: ['owner', 'admin', 'member'], description: 'The role of this user in the customer.' }) role!: 'owner' | 'admin' | 'member';
}

export class MeDto {
  @ApiProperty() id!: string;
  @ApiProperty() email!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: ['member', 'support', 'finance', 'operator'] }) role!: string;
  @ApiProperty({ enum: LOCALES }) locale!: Locale;
  @ApiProperty({ example: 'Europe/Berlin' }) timeZone!: string;
  @ApiProperty({ enum: THEMES }) theme!: Theme;
  @ApiProperty({ type: 'string', nullable: true, example: '+4915112345678', description: 'E.164.' }) phone!: string | null;
  @ApiProperty({ description: 'The number was shown to be theirs by a code; before that nothing is sent to it.' }) phoneVerified!: boolean;
  @ApiProperty({ enum: NOTICE_CHANNELS, description: 'How notices come beside the mail.' }) noticeChannel!: NoticeChannel;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'When the person agreed to that channel.' }) noticeConsentAt!: string | null;
  @ApiProperty({ type: CustomerDto, nullable: true, description: 'null for staff.' }) customer!: CustomerDto | null;
}

export class UpdateMeDto {
  @ApiPropertyOptional({ maxLength: 100 }) @IsOptional()
  @Line({ min: 1, max: 100, message: 'Give a name of 1 to 100 characters on one line.' })
  name?: string;

  @ApiPropertyOptional({ enum: LOCALES }) @IsOptional() @IsIn(LOCALES, { message: 'locale must be en or ru.' }) locale?: Locale;

  @ApiPropertyOptional({ example: 'Europe/Berlin' }) @IsOptional() @IsTimeZone() timeZone?: string;

  @ApiPropertyOptional({ enum: THEMES }) @IsOptional() @IsIn(THEMES, { message: 'theme must be auto, light or dark.' }) theme?: Theme;

  @ApiPropertyOptional({ type: 'string', nullable: true, example: '+4915112345678', description: 'null takes the number away. Another number has to be verified anew.' }) @IsOptional()
  @Shape(/^\+[1-9]\d{7,14}$/, 'phone must be a number with its country code and digits only, such as +4915112345678.')
  phone?: string | null;

  @ApiPropertyOptional({ enum: NOTICE_CHANNELS, description: 'Choosing whatsapp or sms is the consent to it; its time is kept.' })
  @IsOptional() @IsIn(NOTICE_CHANNELS, { message: 'noticeChannel must be none, whatsapp or sms.' })
  noticeChannel?: NoticeChannel;
}

export class DeletionDto {
  @ApiProperty({ format: 'date-time', description: 'Until then POST /users/me/restore takes it back.' }) deletionAt!: string;
}
