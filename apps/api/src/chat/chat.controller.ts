import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiProperty, ApiPropertyOptional, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { Response } from 'express';
import { IdPipe } from '../http/id.pipe.js';
import { ApiProblems } from '../http/problem.dto.js';
import { Prose, Shape } from '../http/text.js';
import { CurrentMember, type CalledRequest, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { ChatService } from './chat.service.js';

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

@ApiTags('chat') @ApiExtraModels(ChatAnswerDto)
@Controller('instances/:id/chat')
export class ChatController {
  constructor(private readonly chat: ChatService) {}

  /**
   * Sends a message to the assistant. With `Accept: text/event-stream` the answer is streamed: `delta` `{text}` …, then `done` `{conversationId, usage}` or `error` `{code, detail}`.
   * 409 INSTANCE_NOT_RUNNING names the status; 429 MESSAGE_LIMIT or PROVIDER_LIMIT; 502 ASSISTANT_FAILED; 504 ASSISTANT_TIMEOUT.
   */
  @Post() @MemberRoute()
  @ApiOkResponse({ content: { 'application/json': { schema: { $ref: getSchemaPath(ChatAnswerDto) } }, 'text/event-stream': { schema: { type: 'string' } } } })
  @ApiProblems(400, 401, 404, 409, 429, 502, 503, 504)
  sendMessage(@CurrentMember() member: Member, @Param('id', new IdPipe('instance')) id: string, @Body() message: ChatMessageDto, @Req() request: CalledRequest, @Res() response: Response): Promise<void> {
    return this.chat.answer(member, id, message, request, response);
  }
}
