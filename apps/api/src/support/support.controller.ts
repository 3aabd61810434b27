import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { IdPipe } from '../http/id.pipe.js';
import { ListQuery, type Page } from '../http/list.dto.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentCaller, type CalledRequest, type Caller } from '../policy/caller.js';
import { Staff } from '../policy/policy.decorators.js';
import { SupportActions } from './support-actions.service.js';
import {
  CustomerSearchQuery, SUPPORT_VERBS, SupportActionDto, SupportCustomerDetailDto, SupportCustomerPageDto, SupportViewsDto, TimelinePageDto, type SupportCustomerDto, type TimelineEntryDto,
} from './support.dto.js';
import { SupportService } from './support.service.js';
import { Timeline } from './timeline.service.js';

const customerId = (): ParameterDecorator => Param('id', new IdPipe('customer'));

/** What support sees of a customer, and what it may do (lifecycle.md rule 9). */
@ApiTags('support')
@Controller('support')
@Staff('support')
export class SupportController {
  constructor(private readonly support: SupportService, private readonly timeline: Timeline, private readonly actions: SupportActions) {}

  /** The lists that support looks at every day, in the Temporal UI. */
  @Get('views')
  @ApiOkResponse({ type: SupportViewsDto }) @ApiProblems(401, 403)
  getSupportViews(): SupportViewsDto {
    return this.support.views();
  }

  /** Customers by name, e-mail or id, the newest first. */
  @Get('customers')
  @ApiOkResponse({ type: SupportCustomerPageDto }) @ApiProblems(400, 401, 403)
  findCustomers(@Query() query: CustomerSearchQuery): Promise<Page<SupportCustomerDto>> {
    return this.support.find(query);
  }

  /** One customer: standing, open case with its deadlines, invoices, instances, and the way into the Temporal UI. */
  @Get('customers/:id')
  @ApiOkResponse({ type: SupportCustomerDetailDto }) @ApiProblems(401, 403, 404)
  getSupportCustomer(@customerId() id: string): Promise<SupportCustomerDetailDto> {
    return this.support.read(id);
  }

  /** What happened, why, by which policy, and what was to come next: moves, acts of support and notices, the newest first. */
  @Get('customers/:id/timeline')
  @ApiOkResponse({ type: TimelinePageDto }) @ApiProblems(400, 401, 403, 404)
  getTimeline(@customerId() id: string, @Query() query: ListQuery): Promise<Page<TimelineEntryDto>> {
    return this.timeline.read(id, query);
  }

  /** Acts for the customer, with a reason that stands in the ledger. 409 where the stage or the case does not allow it. */
  @Post('customers/:id/actions/:verb') @HttpCode(200)
  @ApiParam({ name: 'verb', enum: SUPPORT_VERBS })
  @ApiOkResponse({ type: SupportCustomerDetailDto }) @ApiProblems(400, 401, 402, 403, 404, 409, 503)
  act(@CurrentCaller() caller: Caller, @customerId() id: string, @Param('verb') verb: string, @Body() action: SupportActionDto, @Req() request: CalledRequest): Promise<SupportCustomerDetailDto> {
    return this.actions.act(caller, id, verb, action, request);
  }
}
