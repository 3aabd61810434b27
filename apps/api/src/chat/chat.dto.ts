import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Prose, Shape } from '../http/text.js';

export const LONGEST_MESSAGE_BYTES = 32 * 1024;

export class ChatMessageDto {
  @ApiProperty({ description: 'At most 32 KiB in UTF-8.' })
  @Prose(LONGEST_MESSAGE_BYTES, 'Write a message of at most 32 KiB, without control characters.')
  message!: string;

  @ApiPropertyOptional({ description: 'Goes on with a conversation; a new one begins where it is left out.' }) @IsOptional()
  @Shape(/^[A-Za-z0-9_-]{1,64}$/, 'conversationId must be 1 to 64 letters, digits, hyphens and underscores.')
  conversationId?: string;
}

export class ChatUsageDto {
  @ApiProperty() inputTokens!: number;
  @ApiProperty() outputTokens!: number;
}

export class ChatAnswerDto {
  @ApiProperty() answer!: string;
  @ApiProperty() conversationId!: string;
  @ApiProperty({ type: ChatUsageDto, nullable: true }) usage!: ChatUsageDto | null;
}
