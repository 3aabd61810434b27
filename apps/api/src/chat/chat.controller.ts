import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Response } from 'express';
import { IdPipe } from '../http/id.pipe.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type CalledRequest, type Member } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { ChatAnswerDto, ChatMessageDto } from './chat.dto.js';
import { ChatService } from './chat.service.js';

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
