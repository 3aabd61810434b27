import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class HealthDto {
  @ApiProperty({ example: 'ok' }) status!: 'ok';
  @ApiProperty() releaseId!: string;
  @ApiProperty({ description: 'Seconds since the process began.' }) uptimeSeconds!: number;
}

export class ReadinessPartDto {
  @ApiProperty({ example: 'queue:lifecycle' }) name!: string;
  @ApiProperty() ready!: boolean;
  @ApiPropertyOptional({ description: 'Why not.' }) detail?: string;
}

export class ReadinessDto {
  @ApiProperty() ready!: boolean;
  @ApiProperty({ type: [ReadinessPartDto] }) parts!: ReadinessPartDto[];
}
