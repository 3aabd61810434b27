import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProperty, ApiPropertyOptional, ApiTags, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { Transform, Type as Cast } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { Response } from 'express';
import { IdPipe } from '../http/id.pipe.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type CalledRequest, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { LogsService } from './logs.service.js';

const TAIL_RULE = 'tail must be a whole number from 1 to 5000.';

export class LogsQuery {
  @ApiPropertyOptional({ description: 'true, 1: stay on and stream (server-sent events).' }) @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' || value === '1' || value === '' ? true : value === 'false' || value === '0' ? false : value))
  @IsBoolean({ message: 'follow must be true or false.' })
  follow?: boolean;

  @ApiPropertyOptional({ minimum: 1, maximum: 5000, default: 200, description: 'How many of the latest lines.' }) @IsOptional()
  @Cast(() => Number) @IsInt({ message: TAIL_RULE }) @Min(1, { message: TAIL_RULE }) @Max(5000, { message: TAIL_RULE })
  tail: number = 200;
}

export class LogLineDto {
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) at!: string | null;
  @ApiProperty({ enum: ['stdout', 'stderr'] }) stream!: 'stdout' | 'stderr';
  @ApiProperty() text!: string;
}

export class LogListDto {
  @ApiProperty({ type: [LogLineDto], description: 'Oldest first.' }) data!: LogLineDto[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor!: string | null;
}

@ApiTags('instances') @ApiExtraModels(LogListDto, LogLineDto)
@Controller('instances/:id/logs')
export class LogsController {
  constructor(private readonly logs: LogsService) {}

  /** The latest lines of the instance; with `follow` a stream of events `line` whose data is one line, and a heartbeat each 15 s. */
  @Get() @MemberRoute()
  @ApiOkResponse({ content: { 'application/json': { schema: { $ref: getSchemaPath(LogListDto) } }, 'text/event-stream': { schema: { type: 'string' } } } }) @ApiProblems(400, 401, 404, 409, 503)
  getInstanceLogs(@CurrentMember() member: Member, @Param('id', new IdPipe('instance')) id: string, @Query() query: LogsQuery, @Req() request: CalledRequest, @Res() response: Response): Promise<void> {
    return this.logs.answer(member, id, query, request, response);
  }
}
