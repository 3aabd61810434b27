import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ListQuery, PageOf, type Page } from '../http/list.dto.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { InvoicesService } from './invoices.service.js';

export class InvoiceDto {
  @ApiProperty() id!: string;
  @ApiProperty({ type: 'string', nullable: true }) number!: string | null;
  @ApiProperty({ example: 'paid', description: 'Stripe’s own word.' }) status!: string;
  @ApiProperty({ description: 'What the invoice asks for in all.' }) amountCents!: number;
  @ApiProperty() amountPaidCents!: number;
  @ApiProperty() amountRemainingCents!: number;
  @ApiProperty() amountRefundedCents!: number;
  @ApiProperty() currency!: string;
  @ApiProperty({ type: 'string', nullable: true }) description!: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) periodStartsAt!: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) periodEndsAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ type: 'string', format: 'uri', nullable: true }) hostedInvoiceUrl!: string | null;
  @ApiProperty({ type: 'string', format: 'uri', nullable: true }) invoicePdfUrl!: string | null;
  @ApiProperty({ type: 'string', format: 'uri', nullable: true }) receiptUrl!: string | null;
}

export const InvoicePageDto = PageOf(InvoiceDto, 'InvoicePageDto');

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
