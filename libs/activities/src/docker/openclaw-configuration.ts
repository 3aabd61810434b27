import { ApplicationFailure } from '@temporalio/common';
import type { Model } from '#domain/instance-config/model.types.js';
import { buildOpenClawConfig } from '#domain/instance-config/openclaw-config.js';
import type { Plan } from '#domain/plan/plan.types.js';
import type { InstanceOnHost } from './instance-record.js';
import type { InstanceTokens } from './instance-tokens.js';

/** The text of openclaw.json. Holds both tokens: it goes into a file and nowhere else. MODEL_NOT_FOUND where the provider has no model at all. */
export function openclawConfiguration(input: { instance: InstanceOnHost; plan: Plan; tokens: InstanceTokens; models: readonly Model[] }): string {
  const { instance, plan, tokens } = input;
  return JSON.stringify(buildOpenClawConfig({
    plan, model: modelOf(input.models, instance), gatewayBaseUrl: instance.gatewayUrl, ...tokens, ...skillsOf(instance.settings),
  }));
}

/** The chosen model; the provider's first where it is no longer offered, so that a running assistant stays reachable. */
function modelOf(models: readonly Model[], { provider, model }: InstanceOnHost): Model {
  const offered = models.filter((one) => one.provider === provider);
  const chosen = offered.find(({ id }) => id === model) ?? offered[0];
  if (chosen === undefined) throw ApplicationFailure.nonRetryable(`There is no model of ${provider}.`, 'MODEL_NOT_FOUND');
  return chosen;
}

function skillsOf(settings: Readonly<Record<string, unknown>>): { skills?: readonly string[] } {
  const skills = settings['skills'];
  return Array.isArray(skills) ? { skills: skills.filter((skill): skill is string => typeof skill === 'string') } : {};
}
