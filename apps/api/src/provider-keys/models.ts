import { loadModels } from '#config/models.js';
import type { Provider } from '#domain/instance/instance.types.js';

/** A model on offer (`config/models.yaml`). */
export interface OfferedModel { readonly id: string; readonly name: string; readonly provider: Provider; readonly isDefault: boolean }
export type ModelList = readonly OfferedModel[];

/** Reads the models; the first of a provider is its default. */
export function offeredModels(file: string): ModelList {
  const models = loadModels(file);
  return models.map(({ id, name, provider }) => ({ id, name, provider, isDefault: models.find((one) => one.provider === provider)?.id === id }));
}
