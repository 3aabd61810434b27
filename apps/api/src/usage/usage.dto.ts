import { ApiProperty } from '@nestjs/swagger';

export class UsageDayDto {
  @ApiProperty({ format: 'date', example: '2026-11-21', description: 'UTC.' }) day!: string;
  @ApiProperty() messages!: number;
  @ApiProperty() inputTokens!: number;
  @ApiProperty() outputTokens!: number;
}

export class UsageLimitsDto {
  @ApiProperty({ type: 'integer', nullable: true, description: 'null = unlimited.' }) messagesPerMonth!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) messagesPerDay!: number | null;
}

export class UsagePeriodDto {
  @ApiProperty({ format: 'date-time' }) startsAt!: string;
  @ApiProperty({ format: 'date-time' }) endsAt!: string;
  @ApiProperty() messages!: number;
  @ApiProperty() inputTokens!: number;
  @ApiProperty() outputTokens!: number;
}

export class UsageDto {
  @ApiProperty({ type: UsagePeriodDto, description: 'Today, UTC.' }) today!: UsagePeriodDto;
  @ApiProperty({ type: UsagePeriodDto, description: 'The calendar month, UTC.' }) month!: UsagePeriodDto;
  @ApiProperty({ type: UsageLimitsDto }) limits!: UsageLimitsDto;
  @ApiProperty({ type: [UsageDayDto], description: 'The last 31 days that have any, oldest first.' }) days!: UsageDayDto[];
}
