import { ApiProperty } from '@nestjs/swagger';
import type { Plan } from '#domain/plan/plan.types.js';

export class PlanPriceDto {
  @ApiProperty({ example: 'pro-monthly' }) id!: string;
  @ApiProperty({ example: 2900 }) amountCents!: number;
  @ApiProperty({ example: 'usd' }) currency!: string;
  @ApiProperty({ enum: ['day', 'week', 'month', 'year'] }) interval!: 'day' | 'week' | 'month' | 'year';
  @ApiProperty({ example: 1 }) intervalCount!: number;
}

export class PlanLimitsDto {
  @ApiProperty() instances!: number;
  @ApiProperty() seats!: number;
  @ApiProperty({ type: 'integer', nullable: true, description: 'null = unlimited.' }) messagesPerMonth!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) messagesPerDay!: number | null;
  @ApiProperty({ type: 'integer', nullable: true }) skills!: number | null;
  @ApiProperty() agents!: number;
  @ApiProperty() subAgents!: number;
}

export class PlanDto {
  @ApiProperty({ example: 'pro' }) id!: string;
  @ApiProperty({ example: 'Pro' }) name!: string;
  @ApiProperty() description!: string;
  @ApiProperty({ type: [PlanPriceDto], description: 'Empty for a free plan; the first is the default.' }) prices!: PlanPriceDto[];
  @ApiProperty({ description: 'Hours before the first charge; 0 = none.' }) trialHours!: number;
  @ApiProperty({ type: PlanLimitsDto }) limits!: PlanLimitsDto;
  @ApiProperty({ type: 'string', nullable: true, description: 'Plan whose limits apply when a customer does not pay.' }) downgradeTo!: string | null;
  @ApiProperty({ enum: ['end', 'free'], description: 'Where a cancel leads at the end of the paid period: the service ends, or a free plan goes on with the same assistant.' }) onCancel!: 'end' | 'free';
  @ApiProperty({ type: 'integer', minimum: 7, example: 7, description: 'Days for which the data is kept after a cancel has ended the service; what a new subscription within them brings back.' })
  afterCancelDays!: number;
}

export class PlanListDto {
  @ApiProperty({ type: [PlanDto] }) data!: PlanDto[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor!: string | null;
}

/** What the public may know of a plan: not its machine sizes. */
export const planView = ({ id, name, description, prices, trialHours, limits, downgradeTo, onCancel, afterCancelDays }: Plan): PlanDto =>
  ({ id, name, description, prices: prices.map((price) => ({ ...price })), trialHours, limits: { ...limits }, downgradeTo, onCancel, afterCancelDays });
