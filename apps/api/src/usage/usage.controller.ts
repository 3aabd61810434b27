import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IdPipe } from '../http/id.pipe.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { UsageService } from './usage.service.js';

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

@ApiTags('usage')
@Controller()
export class UsageController {
  constructor(private readonly usage: UsageService) {}

  /** Messages and tokens of the whole customer, with the limits of its plan. */
  @Get('usage') @MemberRoute()
  @ApiOkResponse({ type: UsageDto }) @ApiProblems(401)
  getUsage(@CurrentMember() member: Member): Promise<UsageDto> {
    return this.usage.ofCustomer(member);
  }

  /** Messages and tokens of one instance. */
  @Get('instances/:id/usage') @MemberRoute()
  @ApiOkResponse({ type: UsageDto }) @ApiProblems(401, 404)
  getInstanceUsage(@CurrentMember() member: Member, @Param('id', new IdPipe('instance')) id: string): Promise<UsageDto> {
    return this.usage.ofInstance(member, id);
  }
}
