import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse } from '@nestjs/swagger';

/** Shape of every error answer. */
export class ProblemDto {
  @ApiProperty({ example: 'VALIDATION_FAILED', description: 'Machine code.' }) code!: string;
  @ApiProperty({ example: 'Some fields need a change.', description: 'A sentence for a person.' }) detail!: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' }, description: 'Field → sentence that says how to mend it.' }) fields?: Record<string, string>;
  @ApiPropertyOptional({ description: 'Name it to support; also in the header X-Request-Id.' }) requestId?: string;
}

const SENTENCES: Readonly<Record<number, string>> = {
  400: 'A field is unknown, missing or malformed; `fields` names it.', 401: 'Not signed in.', 403: 'Signed in, but not allowed.', 404: 'Not there, or somebody else’s.',
  409: 'Does not go with the present state.', 413: 'The body is too large.', 429: 'Too many requests; see Retry-After.', 502: 'The assistant or its provider failed.',
  503: 'A part behind the API does not answer; nothing was lost, try again.', 504: 'The assistant did not answer in time.',
};

/** Documents error answers in our one shape. */
export const ApiProblems = (...statuses: number[]): MethodDecorator & ClassDecorator =>
  applyDecorators(...statuses.map((status) => ApiResponse({ status, type: ProblemDto, description: SENTENCES[status] ?? 'Error.' })));
