import type { Provider } from '../instance/instance.types.js';

/** Wire protocols of OpenClaw's model providers that the gateway speaks (OpenClaw: `models.providers.<id>.api`). */
export const PROVIDER_APIS = ['openai-completions', 'anthropic-messages', 'google-generative-ai'] as const;
export type ProviderApi = (typeof PROVIDER_APIS)[number];

/** The one protocol by which each provider is spoken to. */
export const API_OF_PROVIDER: Readonly<Record<Provider, ProviderApi>> = {
  openai: 'openai-completions', anthropic: 'anthropic-messages', google: 'google-generative-ai',
};

/** A row of `config/models.yaml`: what a subscriber can choose. */
export interface Model {
  /** The provider's own id. */
  readonly id: string;
  readonly name: string;
  readonly provider: Provider;
  readonly api: ProviderApi;
  /** Tokens that fit into one request. */
  readonly contextWindow: number;
  /** Tokens of one answer at most. */
  readonly maxTokens: number;
}
