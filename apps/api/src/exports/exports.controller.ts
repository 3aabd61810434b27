import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { IdPipe } from '../http/id.pipe.js';
import { ListQuery, type Page } from '../http/list.dto.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type Member } from '../policy/caller.js';
import { OwnerRoute } from '../policy/policy.decorators.js';
import { ExportDto, ExportPageDto } from './exports.dto.js';
import { ExportsService } from './exports.service.js';

@ApiTags('exports')
@Controller('exports')
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  /** What was kept of instances that are gone or suspended, newest first. */
  @Get() @OwnerRoute()
  @ApiOkResponse({ type: ExportPageDto }) @ApiProblems(400, 401, 403)
  listExports(@CurrentMember() member: Member, @Query() query: ListQuery): Promise<Page<ExportDto>> {
    return this.exports.list(member, query);
  }

  /** The tar file. */
  @Get(':id/download') @OwnerRoute()
  @ApiProduces('application/x-tar') @ApiOkResponse({ schema: { type: 'string', format: 'binary' } }) @ApiProblems(401, 403, 404)
  downloadExport(@CurrentMember() member: Member, @Param('id', new IdPipe('export')) id: string, @Res() response: Response): Promise<void> {
    return this.exports.download(member, id, response);
  }
}
