import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { Response } from 'express';
import { ApiProblems } from '../http/problem.dto.js';
import { Shape } from '../http/text.js';
import { CurrentMember, type CalledRequest, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { EventStreams } from './event-streams.service.js';

export class EventsQuery {
  @ApiPropertyOptional({ description: 'Same as the header Last-Event-ID, which goes before.' }) @IsOptional()
  @Shape(/^\d{1,18}$/, 'lastEventId must be the id of an event that you were sent.')
  lastEventId?: string;
}

@ApiTags('events')
@Controller('events')
export class EventsController {
  constructor(private readonly streams: EventStreams) {}

  /**
   * Everything that changes for the customer, as server-sent events `instance.status`, `instance.step`, `customer.stage`, `invoice`, `usage` with data `{type, entityId, version, at, data}`.
   * Resumes after `Last-Event-ID`; `resync` says that what lies between is no longer kept: read everything anew. A heartbeat comment comes each 15 s.
   */
  @Get() @MemberRoute()
  @ApiOkResponse({ content: { 'text/event-stream': { schema: { type: 'string' } } } }) @ApiProblems(400, 401, 429)
  streamEvents(@CurrentMember() member: Member, @Query() query: EventsQuery, @Req() request: CalledRequest, @Res() response: Response): Promise<void> {
    return this.streams.open(member, query.lastEventId, request, response);
  }
}
