import { Body, Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentCaller, CurrentMember, type Caller, type Member } from '../policy/caller.js';
import { MemberRoute, OwnerRoute } from '../policy/policy.decorators.js';
import { MeService } from './me.service.js';
import { DeletionDto, MeDto, UpdateMeDto } from './me.dto.js';

@ApiTags('account')
@Controller('users/me')
export class MeController {
  constructor(private readonly me: MeService) {}

  /** The signed-in user with its customer: stage, service level, plan and what happens next. */
  @Get() @MemberRoute({ staffToo: true })
  @ApiOkResponse({ type: MeDto }) @ApiProblems(401)
  getMe(@CurrentCaller() caller: Caller): Promise<MeDto> {
    return this.me.read(caller);
  }

  /** Name, language, time zone, colour scheme, and how notices reach a phone. */
  @Patch() @MemberRoute({ staffToo: true })
  @ApiOkResponse({ type: MeDto }) @ApiProblems(400, 401)
  updateMe(@CurrentCaller() caller: Caller, @Body() changes: UpdateMeDto): Promise<MeDto> {
    return this.me.update(caller, changes);
  }

  /**
   * Asks for the account to be deleted: it begins 30 days of grace, in which everything goes on and `restore` takes it back.
   * 409 SUBSCRIPTION_RENEWS while a subscription would be charged again: cancel it first, so that nobody pays for a deleted account.
   */
  @Delete() @OwnerRoute() @HttpCode(202)
  @ApiAcceptedResponse({ type: DeletionDto }) @ApiProblems(401, 403, 409)
  deleteMe(@CurrentMember() member: Member): Promise<DeletionDto> {
    return this.me.requestDeletion(member);
  }

  /** Takes a wish for deletion back; without one it changes nothing. */
  @Post('restore') @OwnerRoute() @HttpCode(200)
  @ApiOkResponse({ type: MeDto }) @ApiProblems(401, 403)
  restoreMe(@CurrentMember() member: Member): Promise<MeDto> {
    return this.me.restore(member);
  }
}
