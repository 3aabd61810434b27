import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '../http/list.dto.js';

export class ExportDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) instanceId!: string;
  @ApiProperty() instanceName!: string;
  @ApiProperty() bytes!: number;
  @ApiProperty({ description: 'Of the tar file, in hexadecimal.' }) sha256!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ example: '/api/v1/exports/…/download' }) downloadUrl!: string;
}

export const ExportPageDto = PageOf(ExportDto, 'ExportPageDto');
