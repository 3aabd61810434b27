import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import type { Response } from 'express';
import { IdPipe } from '../http/id.pipe.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type CalledRequest, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { LogLineDto, LogListDto, LogsQuery } from './logs.dto.js';
import { LogsService } from './logs.service.js';

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
