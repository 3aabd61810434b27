import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsISO8601, IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { Transform, Type as Cast } from 'class-transformer';
import { CASE_OUTCOMES, LEDGER_KINDS, RECOVERY_CAUSES, type CaseRecord, type LedgerKind, type RecoveryCause } from '#domain/finance/ledger.types.js';
import { STAGES, type Stage } from '#domain/lifecycle/lifecycle.types.js';
import { ListQuery, PageOf } from '../http/list.dto.js';
import { Shape } from '../http/text.js';

const INSTANT = 'must be an instant such as 2027-03-31T23:59:59Z.';
const instant = (name: string): PropertyDecorator => IsISO8601({ strict: true, strictSeparator: true }, { message: `${name} ${INSTANT}` });

/** `?asOf=`: what stood in the books at that instant. */
export class AsOfQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'What had happened by this instant, by the ledger; now where left out. In customer time.' })
  @IsOptional() @instant('asOf')
  asOf?: string;

  @ApiPropertyOptional({ minimum: 0, description: 'Looks at the ledger only up to this row: facts that were learned later are left out, so that an old report comes out again to the byte.' })
  @IsOptional() @Cast(() => Number) @IsInt({ message: 'throughSeq must be a whole number.' }) @Min(0, { message: 'throughSeq must not be less than 0.' })
  throughSeq?: number;
}

export class CsvQuery extends AsOfQuery {
  @ApiPropertyOptional({ default: true, description: 'Lines that begin with # and name as-of, policy versions and ledger row; false = RFC 4180 to the letter.' })
  @IsOptional() @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)) @IsBoolean({ message: 'preamble must be true or false.' })
  preamble: boolean = true;
}

export class SummaryQuery extends AsOfQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Begin of the period for what was recovered, lost and closed; 365 days before asOf where left out.' })
  @IsOptional() @instant('from')
  from?: string;
}

export class DunningQuery extends ListQuery {
  @ApiPropertyOptional({ enum: STAGES }) @IsOptional() @IsIn(STAGES, { message: `stage must be one of: ${STAGES.join(', ')}.` })
  stage?: Stage;

  @ApiPropertyOptional({ enum: ['open', 'closed', 'all'], default: 'open' }) @IsOptional() @IsIn(['open', 'closed', 'all'], { message: 'state must be open, closed or all.' })
  state: 'open' | 'closed' | 'all' = 'open';
}

export class LedgerSpanQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'What happened at or after this instant.' }) @IsOptional() @instant('from')
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'What happened before this instant.' }) @IsOptional() @instant('to')
  to?: string;

  @ApiPropertyOptional({ enum: LEDGER_KINDS }) @IsOptional() @IsIn(LEDGER_KINDS, { message: `kind must be one of: ${LEDGER_KINDS.join(', ')}.` })
  kind?: LedgerKind;

  @ApiPropertyOptional({ format: 'uuid' }) @IsOptional() @IsUUID('all', { message: 'customerId must be the id of a customer.' })
  customerId?: string;
}

export class LedgerQuery extends LedgerSpanQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: 50 })
  @IsOptional() @Cast(() => Number) @IsInt({ message: 'limit must be a whole number from 1 to 100.' })
  @Min(1, { message: 'limit must be a whole number from 1 to 100.' }) @Max(100, { message: 'limit must be a whole number from 1 to 100.' })
  limit: number = 50;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional() @Shape(/^[1-9]\d{0,14}$/, 'cursor must be the nextCursor of the page before.')
  cursor?: string;
}

export class LedgerCsvQuery extends LedgerSpanQuery {
  @ApiPropertyOptional({ minimum: 0, description: 'Only rows up to this one.' })
  @IsOptional() @Cast(() => Number) @IsInt({ message: 'throughSeq must be a whole number.' }) @Min(0, { message: 'throughSeq must not be less than 0.' })
  throughSeq?: number;

  @ApiPropertyOptional({ default: true }) @IsOptional() @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)) @IsBoolean({ message: 'preamble must be true or false.' })
  preamble: boolean = true;
}

export class MonthQuery {
  @ApiPropertyOptional({ example: '2026-11', description: 'UTC; this month where left out.' }) @IsOptional() @Shape(/^20\d\d-(?:0[1-9]|1[0-2])$/, 'month must be written as 2026-11.')
  month?: string;
}

export class RecoveredDto {
  @ApiProperty({ enum: RECOVERY_CAUSES }) cause!: RecoveryCause;
  @ApiProperty() cases!: number;
  @ApiProperty() amountCents!: number;
}

export class StageCasesDto {
  @ApiProperty({ enum: STAGES }) stage!: Stage;
  @ApiProperty() cases!: number;
  @ApiProperty({ description: 'Still to be paid.' }) amountCents!: number;
  @ApiProperty() mrrCents!: number;
}

export class DaysToRecoverDto {
  @ApiProperty({ type: 'number', nullable: true, description: 'Days from the first failure to the payment: half of the recovered cases took no longer.' }) p50!: number | null;
  @ApiProperty({ type: 'number', nullable: true }) p90!: number | null;
}

export class RecoveryRateDto {
  @ApiProperty({ type: 'number', nullable: true, description: 'Recovered of closed cases, 0 to 1; null = none was closed.' }) byCount!: number | null;
  @ApiProperty({ type: 'number', nullable: true }) byValue!: number | null;
}

export class MonthFiguresDto {
  @ApiProperty({ example: '2027-03' }) month!: string;
  @ApiProperty({ description: 'At the end of the month, or at asOf.' }) mrrCents!: number;
  @ApiProperty({ description: 'Money that came in.' }) paidCents!: number;
  @ApiProperty({ description: 'Attempts that were declined.' }) failedCents!: number;
  @ApiProperty({ description: 'Of cases that were closed by payment in this month.' }) recoveredCents!: number;
  @ApiProperty({ description: 'Marked uncollectible, or void at the end of a case.' }) writtenOffCents!: number;
  @ApiProperty() refundedCents!: number;
  @ApiProperty() casesOpened!: number;
  @ApiProperty() casesRecovered!: number;
  @ApiProperty() casesLost!: number;
}

/** Figures of one currency; currencies are never added up. */
export class CurrencySummaryDto {
  @ApiProperty({ example: 'usd' }) currency!: string;
  @ApiProperty({ description: 'Monthly recurring revenue, net of known discounts; trials are not in it.' }) mrrCents!: number;
  @ApiProperty() subscriptions!: number;
  @ApiProperty({ description: 'MRR of subscriptions with an open case.' }) mrrAtRiskCents!: number;
  @ApiProperty() openCases!: number;
  @ApiProperty({ description: 'Still to be paid of all open invoices.' }) receivableCents!: number;
  @ApiProperty({ description: 'Still to be paid in open cases.' }) receivableAtRiskCents!: number;
  @ApiProperty({ type: [StageCasesDto] }) stages!: StageCasesDto[];
  @ApiProperty({ description: 'In the period.' }) recoveredCents!: number;
  @ApiProperty() recoveredCases!: number;
  @ApiProperty({ type: [RecoveredDto] }) recovered!: RecoveredDto[];
  @ApiProperty({ type: RecoveryRateDto }) recoveryRate!: RecoveryRateDto;
  @ApiProperty({ type: DaysToRecoverDto }) daysToRecover!: DaysToRecoverDto;
  @ApiProperty() writtenOffCents!: number;
  @ApiProperty({ description: 'MRR of subscriptions that ended because nobody paid.' }) involuntaryChurnMrrCents!: number;
  @ApiProperty() involuntaryChurnCases!: number;
  @ApiProperty({ description: 'Customers who canceled while a case was open.' }) voluntaryCancelsInDunning!: number;
  @ApiProperty({ type: [MonthFiguresDto], description: 'Calendar months (UTC) of the period, oldest first.' }) months!: MonthFiguresDto[];
}

export class FinanceSummaryDto {
  @ApiProperty({ format: 'date-time' }) asOf!: string;
  @ApiProperty({ format: 'date-time' }) from!: string;
  @ApiProperty({ description: 'The last ledger row that is in these figures.' }) ledgerSeq!: number;
  @ApiProperty({ type: [String], description: 'Versions of the policy that decided what is shown.' }) policyVersions!: string[];
  @ApiProperty({ type: [CurrencySummaryDto] }) currencies!: CurrencySummaryDto[];
}

export class DunningCaseDto {
  @ApiProperty() caseId!: string;
  @ApiProperty({ format: 'uuid' }) customerId!: string;
  @ApiProperty() customerName!: string;
  @ApiProperty({ type: 'string', nullable: true }) subscriptionId!: string | null;
  @ApiProperty({ enum: STAGES }) stage!: Stage;
  @ApiProperty({ format: 'date-time' }) openedAt!: string;
  @ApiProperty({ format: 'date-time', description: 'First failure: deadlines count from here.' }) anchorAt!: string;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) nextStepAt!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) nextStepWhat!: string | null;
  @ApiProperty() amountRemainingCents!: number;
  @ApiProperty({ description: 'The most that was owed in this case.' }) amountAtRiskCents!: number;
  @ApiProperty({ description: 'What the subscription brings in a month.' }) mrrAtRiskCents!: number;
  @ApiProperty() currency!: string;
  @ApiProperty({ description: 'The policy of the day the case was opened; it keeps it to its end.' }) policyVersion!: string;
  @ApiProperty({ type: 'string', nullable: true, description: 'Stripe’s decline code where no retry with the same card can succeed.' }) hardDecline!: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) closedAt!: string | null;
  @ApiProperty({ type: 'string', enum: CASE_OUTCOMES, nullable: true }) outcome!: CaseRecord['outcome'];
  @ApiProperty({ type: 'string', enum: RECOVERY_CAUSES, nullable: true }) recoveredBy!: RecoveryCause | null;
}
export const DunningPageDto = PageOf(DunningCaseDto, 'DunningPageDto');

export class AgeingBucketDto {
  @ApiProperty({ description: 'Days since the invoice was finalized: from this one on …' }) fromDay!: number;
  @ApiProperty({ type: 'integer', nullable: true, description: '… and less than this; null = without end.' }) toDay!: number | null;
  @ApiProperty() invoices!: number;
  @ApiProperty({ description: 'Still to be paid.' }) amountCents!: number;
}

export class CurrencyAgeingDto {
  @ApiProperty() currency!: string;
  @ApiProperty({ description: 'All open invoices: the sum of the buckets.' }) totalCents!: number;
  @ApiProperty() invoices!: number;
  @ApiProperty({ type: [AgeingBucketDto] }) buckets!: AgeingBucketDto[];
}

export class AgeingDto {
  @ApiProperty({ format: 'date-time' }) asOf!: string;
  @ApiProperty() ledgerSeq!: number;
  @ApiProperty({ type: [String] }) policyVersions!: string[];
  @ApiProperty({ type: [CurrencyAgeingDto] }) currencies!: CurrencyAgeingDto[];
}

export class LedgerRowDto {
  @ApiProperty() seq!: number;
  @ApiProperty({ enum: LEDGER_KINDS }) kind!: LedgerKind;
  @ApiProperty({ format: 'uuid' }) customerId!: string;
  @ApiProperty({ format: 'date-time', description: 'Customer time: when it happened.' }) occurredAt!: string;
  @ApiProperty({ format: 'date-time', description: 'Real clock: when it was written.' }) recordedAt!: string;
  @ApiProperty({ description: 'Stripe’s id, or our own key.' }) stripeRef!: string;
  @ApiProperty({ description: 'In the currency’s minor unit.' }) amountCents!: number;
  @ApiProperty() currency!: string;
  @ApiProperty({ type: 'string', nullable: true }) caseId!: string | null;
  @ApiProperty() actor!: string;
  @ApiProperty({ type: 'string', nullable: true }) policyVersion!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true }) detail!: Record<string, unknown>;
  @ApiProperty() prevHash!: string;
  @ApiProperty() hash!: string;
}
export const LedgerPageDto = PageOf(LedgerRowDto, 'LedgerPageDto');

export class ChainFaultDto {
  @ApiProperty() seq!: number;
  @ApiProperty({ description: 'What does not hold, in words.' }) why!: string;
}

export class ChainCheckDto {
  @ApiProperty() ok!: boolean;
  @ApiProperty({ description: 'Rows that were looked at: all of them, or those up to the first fault.' }) rows!: number;
  @ApiProperty() headSeq!: number;
  @ApiProperty() headHash!: string;
  @ApiProperty({ description: 'Daily marks of the head that were held against the chain.' }) checkpoints!: number;
  @ApiProperty({ type: ChainFaultDto, nullable: true, description: 'The first fault; null = none.' }) fault!: ChainFaultDto | null;
}

export class TieOutLineDto {
  @ApiProperty({ enum: ['payments', 'reversals', 'refunds', 'failed_refunds', 'dispute_withdrawals', 'dispute_reinstatements'] }) what!: string;
  @ApiProperty({ description: 'Signed: money that left is less than 0.' }) ledgerCents!: number;
  @ApiProperty() stripeCents!: number;
  @ApiProperty({ description: 'Ledger less Stripe.' }) differenceCents!: number;
}

export class TieOutDifferenceDto {
  @ApiProperty({ description: 'Stripe’s id of the charge, refund or dispute; for receivables of the invoice.' }) ref!: string;
  @ApiProperty() what!: string;
  @ApiProperty() ledgerCents!: number;
  @ApiProperty() stripeCents!: number;
  @ApiProperty() why!: string;
}

export class TieOutReceivablesDto {
  @ApiProperty({ description: 'Open by the ledger.' }) ledgerCents!: number;
  @ApiProperty({ description: 'Stripe’s amount_remaining of open invoices, as last read.' }) stripeCents!: number;
  @ApiProperty() differenceCents!: number;
}

export class CurrencyTieOutDto {
  @ApiProperty() currency!: string;
  @ApiProperty({ type: [TieOutLineDto] }) lines!: TieOutLineDto[];
  @ApiProperty({ description: 'Of all lines: 0, or it is listed below.' }) differenceCents!: number;
  @ApiProperty({ type: TieOutReceivablesDto }) receivables!: TieOutReceivablesDto;
  @ApiProperty({ description: 'Movements at Stripe that are no payment of a customer (fees, payouts): not in the lines.' }) otherCents!: number;
  @ApiProperty({ type: [TieOutDifferenceDto] }) differences!: TieOutDifferenceDto[];
}

export class TieOutDto {
  @ApiProperty({ example: '2026-11' }) month!: string;
  @ApiProperty({ description: 'True where every difference is 0.' }) ok!: boolean;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'When Stripe’s balance was last read; null = never, and nothing can be said.' }) stripeReadAt!: string | null;
  @ApiProperty({ type: [CurrencyTieOutDto] }) currencies!: CurrencyTieOutDto[];
}
