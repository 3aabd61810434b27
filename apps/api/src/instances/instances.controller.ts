import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { IdPipe } from '../http/id.pipe.js';
import { ListQuery, type Page } from '../http/list.dto.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type Member } from '../policy/caller.js';
import { AdminRoute, MemberRoute } from '../policy/policy.decorators.js';
import { CreateInstanceDto, InstanceDto, InstancePageDto, SubdomainDto, UpdateInstanceDto, WishedInstanceDto } from './instance.dto.js';
import { InstanceCreation } from './instance-creation.service.js';
import { InstanceWishes } from './instance-wishes.service.js';
import { InstancesService } from './instances.service.js';

const ID = new IdPipe('instance');

@ApiTags('instances')
@Controller('instances')
export class InstancesController {
  constructor(
    private readonly instances: InstancesService,
    private readonly creation: InstanceCreation,
    private readonly wishes: InstanceWishes,
  ) {}

  /**
   * Wishes an instance. A free plan, or one that is paid for already, is provisioned at once; otherwise a slot is reserved and `next` is `checkout`.
   * The same name with the same wish answers with the same instance; 409 NO_CAPACITY, NAME_TAKEN, SUBDOMAIN_TAKEN, INSTANCE_LIMIT or PROVIDER_KEY_MISSING, naming the field.
   */
  @Post() @AdminRoute() @HttpCode(202)
  @ApiAcceptedResponse({ type: WishedInstanceDto }) @ApiProblems(400, 401, 403, 409, 429)
  createInstance(@CurrentMember() member: Member, @Body() wish: CreateInstanceDto): Promise<WishedInstanceDto> {
    return this.creation.create(member, wish);
  }

  /** The customer's instances, newest first; those that are gone are left out. */
  @Get() @MemberRoute()
  @ApiOkResponse({ type: InstancePageDto }) @ApiProblems(400, 401)
  listInstances(@CurrentMember() member: Member, @Query() query: ListQuery): Promise<Page<InstanceDto>> {
    return this.instances.list(member, query);
  }

  /** Whether an address is well formed and free. */
  @Get('subdomains/:subdomain') @MemberRoute()
  @ApiOkResponse({ type: SubdomainDto }) @ApiProblems(401)
  checkSubdomain(@Param('subdomain') subdomain: string): Promise<SubdomainDto> {
    return this.instances.checkSubdomain(subdomain);
  }

  @Get(':id') @MemberRoute()
  @ApiOkResponse({ type: InstanceDto }) @ApiProblems(401, 404)
  getInstance(@CurrentMember() member: Member, @Param('id', ID) id: string): Promise<InstanceDto> {
    return this.instances.read(member, id);
  }

  /** Renames an instance. 409 NAME_TAKEN. */
  @Patch(':id') @AdminRoute()
  @ApiOkResponse({ type: InstanceDto }) @ApiProblems(400, 401, 403, 404, 409)
  updateInstance(@CurrentMember() member: Member, @Param('id', ID) id: string, @Body() changes: UpdateInstanceDto): Promise<InstanceDto> {
    return this.instances.rename(member, id, changes);
  }

  /** Wishes the instance away: container, volume and address go, an export stays. A subscription is not touched by this. */
  @Delete(':id') @AdminRoute() @HttpCode(202)
  @ApiAcceptedResponse({ type: InstanceDto }) @ApiProblems(401, 403, 404)
  removeInstance(@CurrentMember() member: Member, @Param('id', ID) id: string): Promise<InstanceDto> {
    return this.wishes.wish(member, id, 'remove');
  }

  @Post(':id/start') @MemberRoute() @HttpCode(202)
  @ApiAcceptedResponse({ type: InstanceDto }) @ApiProblems(401, 404, 409)
  startInstance(@CurrentMember() member: Member, @Param('id', ID) id: string): Promise<InstanceDto> {
    return this.wishes.wish(member, id, 'start');
  }

  @Post(':id/stop') @MemberRoute() @HttpCode(202)
  @ApiAcceptedResponse({ type: InstanceDto }) @ApiProblems(401, 404, 409)
  stopInstance(@CurrentMember() member: Member, @Param('id', ID) id: string): Promise<InstanceDto> {
    return this.wishes.wish(member, id, 'stop');
  }

  @Post(':id/restart') @MemberRoute() @HttpCode(202)
  @ApiAcceptedResponse({ type: InstanceDto }) @ApiProblems(401, 404, 409)
  restartInstance(@CurrentMember() member: Member, @Param('id', ID) id: string): Promise<InstanceDto> {
    return this.wishes.wish(member, id, 'restart');
  }

  /** A new container round the same data. */
  @Post(':id/reprovision') @AdminRoute() @HttpCode(202)
  @ApiAcceptedResponse({ type: InstanceDto }) @ApiProblems(401, 403, 404, 409)
  reprovisionInstance(@CurrentMember() member: Member, @Param('id', ID) id: string): Promise<InstanceDto> {
    return this.wishes.wish(member, id, 'reprovision');
  }
}
