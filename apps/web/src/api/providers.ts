import type { Provider } from './types.js';

/** How the providers write their own names; the same in every language. */
export const PROVIDER_NAMES: Readonly<Record<Provider, string>> = { openai: 'OpenAI', anthropic: 'Anthropic', google: 'Google Gemini' };
