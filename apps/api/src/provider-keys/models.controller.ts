import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { PROVIDERS, type Provider } from '#domain/instance/instance.types.js';
import { Public } from '../policy/policy.decorators.js';
import { MODELS } from '../tokens.js';
import type { ModelList } from './models.js';

export class ModelDto {
  @ApiProperty({ example: 'gpt-5-mini' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: PROVIDERS }) provider!: Provider;
  @ApiProperty({ enum: PROVIDERS, isArray: true, description: 'Keys that an instance with this model needs.' }) needsKeys!: Provider[];
  @ApiProperty({ description: 'Taken where an instance names no model.' }) isDefault!: boolean;
}

export class ModelListDto {
  @ApiProperty({ type: [ModelDto] }) data!: ModelDto[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor!: string | null;
}

@ApiTags('provider keys')
@Controller('models')
export class ModelsController {
  constructor(@Inject(MODELS) private readonly models: ModelList) {}

  /** The models on offer (`config/models.yaml`) and the keys they need. */
  @Get() @Public()
  @ApiOkResponse({ type: ModelListDto })
  listModels(): ModelListDto {
    return { data: this.models.map(({ id, name, provider, isDefault }) => ({ id, name, provider, needsKeys: [provider], isDefault })), nextCursor: null };
  }
}
