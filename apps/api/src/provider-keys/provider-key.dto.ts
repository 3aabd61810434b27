import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { PROVIDERS, type Provider } from '#domain/instance/instance.types.js';
import { Shape } from '../http/text.js';

export const KEY_VERDICTS = ['good', 'slow', 'bad', 'exhausted', 'unreachable'] as const;
export type KeyVerdict = (typeof KEY_VERDICTS)[number];

export class ProviderKeyInputDto {
  @ApiProperty({ enum: PROVIDERS })
  @IsIn(PROVIDERS, { message: `provider must be one of ${PROVIDERS.join(', ')}.` })
  provider!: Provider;

  @ApiProperty({ writeOnly: true, minLength: 8, maxLength: 400 })
  @Shape(/^[\x21-\x7e]{8,400}$/, 'key must be the provider’s key as it was shown to you: 8 to 400 letters, digits and signs without spaces.')
  key!: string;
}

export class KeyTestDto {
  @ApiProperty({ enum: KEY_VERDICTS, description: '`good` and `slow` can be used; `exhausted` has no credit; `unreachable` says nothing about the key.' }) verdict!: KeyVerdict;
  @ApiProperty({ description: 'True where the key can be used.' }) usable!: boolean;
  @ApiProperty({ description: 'A sentence for a person.' }) detail!: string;
  @ApiProperty({ description: 'How long the provider took, in milliseconds.' }) durationMs!: number;
}

export class ProviderKeyDto {
  @ApiProperty({ enum: PROVIDERS }) provider!: Provider;
  @ApiProperty({ example: 'sk-abc12…9xyz', description: 'Never the key itself.' }) masked!: string;
  @ApiProperty({ format: 'date-time' }) testedAt!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
}

export class SavedProviderKeyDto extends ProviderKeyDto {
  @ApiProperty({ type: KeyTestDto }) test!: KeyTestDto;
}

export class ProviderKeyListDto {
  @ApiProperty({ type: [ProviderKeyDto] }) data!: ProviderKeyDto[];
  @ApiProperty({ type: 'string', nullable: true }) nextCursor!: string | null;
}
