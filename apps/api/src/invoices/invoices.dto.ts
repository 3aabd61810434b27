import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '../http/list.dto.js';

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
