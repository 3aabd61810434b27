import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ListQuery, type Page } from '../http/list.dto.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { InvoiceDto, InvoicePageDto } from './invoices.dto.js';
import { InvoicesService } from './invoices.service.js';

@ApiTags('billing')
@Controller('invoices')
export class InvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

  /** Newest first, with Stripe's own page and the receipt. */
  @Get() @MemberRoute()
  @ApiOkResponse({ type: InvoicePageDto }) @ApiProblems(400, 401)
  listInvoices(@CurrentMember() member: Member, @Query() query: ListQuery): Promise<Page<InvoiceDto>> {
    return this.invoices.list(member, query);
  }
}
