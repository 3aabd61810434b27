import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { IdPipe } from '../http/id.pipe.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { UsageDto } from './usage.dto.js';
import { UsageService } from './usage.service.js';

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
