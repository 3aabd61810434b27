import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type as Cast } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';

const TAIL_RULE = 'tail must be a whole number from 1 to 5000.';

export class LogsQuery {
  @ApiPropertyOptional({ description: 'true, 1: stay on and stream (server-sent events).' }) @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' || value === '1' || value === '' ? true : value === 'false' || value === '0' ? false : value))
  @IsBoolean({ message: 'follow must be true or false.' })
  follow?: boolean;

  @ApiPropertyOptional({ minimum: 1, maximum: 5000, default: 200, description: 'How many of the latest lines.' }) @IsOptional()
  @Cast(() => Number) @IsInt({ message: TAIL_RULE }) @Min(1, { message: TAIL_RULE }) @Max(5000, { message: TAIL_RULE })
  tail: number = 200;
}

export class LogLineDto {
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) at!: string | null;
  @ApiProperty({ enum: ['stdout', 'stderr'] }) stream!: 'stdout' | 'stderr';
  @ApiProperty() text!: string;
}

export class LogListDto {
  @ApiProperty({ type: [LogLineDto], description: 'Oldest first.' }) data!: LogLineDto[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor!: string | null;
}
