import { z } from 'zod';
import { API_OF_PROVIDER, PROVIDER_APIS, type Model } from '#domain/instance-config/model.types.js';
import { PROVIDERS } from '#domain/instance/instance.types.js';
import { readYamlFile, type Problem } from './yaml-file.js';

const shape: z.ZodType<{ readonly models: readonly Model[] }> = z.strictObject({
  models: z.array(z.strictObject({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, "must be the provider's id of the model: letters, digits and . _ : -"),
    name: z.string().min(1).max(80),
    provider: z.enum(PROVIDERS),
    api: z.enum(PROVIDER_APIS),
    contextWindow: z.int().min(1_000),
    maxTokens: z.int().min(100),
  })).min(1),
});

/** Reads and checks `config/models.yaml`; the first model of a provider is its default. @throws ConfigFileError naming file, line, path and mend. */
export function loadModels(file: string): readonly Model[] {
  return readYamlFile(file, shape, ({ models }) => models.flatMap((model, index): Problem[] => {
    const path = ['models', index] as const;
    const twin = models.findIndex((other) => other.id === model.id);
    return [
      ...(twin < index ? [{ path: [...path, 'id'], message: `"${model.id}" is also the id of models[${twin}]: remove one` }] : []),
      ...(model.api !== API_OF_PROVIDER[model.provider] ? [{ path: [...path, 'api'], message: `must be ${API_OF_PROVIDER[model.provider]}: the gateway speaks to ${model.provider} by no other` }] : []),
      ...(model.maxTokens >= model.contextWindow ? [{ path: [...path, 'maxTokens'], message: `must be less than contextWindow (${model.contextWindow})` }] : []),
    ];
  })).value.models;
}
