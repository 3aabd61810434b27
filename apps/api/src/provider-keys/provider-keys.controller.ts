import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { PROVIDERS } from '#domain/instance/instance.types.js';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentMember, type Member } from '../policy/caller.js';
import { AdminRoute, MemberRoute } from '../policy/policy.decorators.js';
import { KeyTestDto, ProviderKeyInputDto, ProviderKeyListDto, SavedProviderKeyDto } from './provider-key.dto.js';
import { ProviderKeysService } from './provider-keys.service.js';

@ApiTags('provider keys')
@Controller('provider-keys')
export class ProviderKeysController {
  constructor(private readonly keys: ProviderKeysService) {}

  /** Tries a key at its provider: is it known, has it credit, does it answer. Nothing is stored. */
  @Post('test') @AdminRoute() @HttpCode(200)
  @ApiOkResponse({ type: KeyTestDto }) @ApiProblems(400, 401, 403, 429)
  testProviderKey(@CurrentMember() member: Member, @Body() input: ProviderKeyInputDto): Promise<KeyTestDto> {
    return this.keys.test(member, input);
  }

  /** The customer's keys, masked. */
  @Get() @MemberRoute()
  @ApiOkResponse({ type: ProviderKeyListDto }) @ApiProblems(401)
  listProviderKeys(@CurrentMember() member: Member): Promise<ProviderKeyListDto> {
    return this.keys.list(member);
  }

  /** Tries the key and stores it, encrypted; the provider's earlier key is replaced. A key that cannot be used is refused: 409 KEY_BAD, KEY_EXHAUSTED; 503 PROVIDER_UNREACHABLE. */
  @Post() @AdminRoute()
  @ApiCreatedResponse({ type: SavedProviderKeyDto }) @ApiProblems(400, 401, 403, 409, 429, 503)
  saveProviderKey(@CurrentMember() member: Member, @Body() input: ProviderKeyInputDto): Promise<SavedProviderKeyDto> {
    return this.keys.save(member, input);
  }

  /** Forgets a key. 409 KEY_IN_USE while an instance of the customer works with it. */
  @Delete(':provider') @AdminRoute() @HttpCode(204)
  @ApiParam({ name: 'provider', enum: PROVIDERS }) @ApiNoContentResponse() @ApiProblems(401, 403, 404, 409)
  removeProviderKey(@CurrentMember() member: Member, @Param('provider') provider: string): Promise<void> {
    return this.keys.remove(member, provider);
  }
}
