import type { ProviderTarget } from './agent-config.js';
import type { ChatMessage } from './session-store.js';

export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

export interface ProviderRequest {
  url: URL;
  headers: Record<string, string>;
  body: string;
}

/** What one server-sent event of a provider says. */
export interface ProviderDelta {
  text?: string;
  usage?: Partial<Usage>;
  /** A failure told inside a stream that began with 200. */
  error?: string;
}

interface Dialect {
  request(target: ProviderTarget, messages: readonly ChatMessage[]): ProviderRequest;
  delta(event: unknown): ProviderDelta;
}

// Provider events are foreign JSON: every access below is optional and a missing field means "nothing said".
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- foreign JSON, read only by optional access
type Foreign = any;

const join = (baseUrl: string, path: string): URL => new URL(`${baseUrl.replace(/\/+$/, '')}${path}`);
const systemText = (messages: readonly ChatMessage[]): string =>
  messages
    .filter((message) => message.role === 'system')
    .map((message) => message.content)
    .join('\n\n');
const turns = (messages: readonly ChatMessage[]): ChatMessage[] => messages.filter((message) => message.role !== 'system');

const openai: Dialect = {
  // OpenClaw 2026.9 sends no stream_options: whoever counts tokens must do without.
  request: (target, messages) => ({
    url: join(target.baseUrl, '/chat/completions'),
    headers: { authorization: `Bearer ${target.apiKey}` },
    body: JSON.stringify({ model: target.modelId, messages, stream: true, max_completion_tokens: target.maxTokens }),
  }),
  delta: (event: Foreign) => ({
    text: event?.choices?.[0]?.delta?.content ?? undefined,
    usage: event?.usage ? { promptTokens: event.usage.prompt_tokens, completionTokens: event.usage.completion_tokens } : undefined,
    error: event?.error?.message,
  }),
};

const anthropic: Dialect = {
  request: (target, messages) => ({
    url: join(target.baseUrl.replace(/\/v1\/?$/, ''), '/v1/messages'),
    headers: { 'x-api-key': target.apiKey, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: target.modelId, system: systemText(messages), messages: turns(messages), max_tokens: target.maxTokens, stream: true }),
  }),
  delta: (event: Foreign) => ({
    text: event?.type === 'content_block_delta' ? event.delta?.text : undefined,
    usage:
      event?.type === 'message_start'
        ? { promptTokens: event.message?.usage?.input_tokens }
        : event?.type === 'message_delta'
          ? { completionTokens: event.usage?.output_tokens }
          : undefined,
    error: event?.type === 'error' ? (event.error?.message ?? 'provider error') : undefined,
  }),
};

const google: Dialect = {
  request: (target, messages) => ({
    url: join(target.baseUrl, `/models/${encodeURIComponent(target.modelId)}:streamGenerateContent?alt=sse`),
    headers: { 'x-goog-api-key': target.apiKey },
    body: JSON.stringify({
      systemInstruction: { parts: [{ text: systemText(messages) }] },
      contents: turns(messages).map((message) => ({ role: message.role === 'assistant' ? 'model' : 'user', parts: [{ text: message.content }] })),
      generationConfig: { maxOutputTokens: target.maxTokens },
    }),
  }),
  delta: (event: Foreign) => ({
    text: event?.candidates?.[0]?.content?.parts?.map((part: Foreign) => part?.text ?? '').join(''),
    usage: event?.usageMetadata
      ? { promptTokens: event.usageMetadata.promptTokenCount, completionTokens: event.usageMetadata.candidatesTokenCount }
      : undefined,
    error: event?.error?.message,
  }),
};

/** The wire words of each provider family, by OpenClaw's `models.providers.<id>.api`. */
export const DIALECTS: Record<ProviderTarget['api'], Dialect> = {
  'openai-completions': openai,
  'anthropic-messages': anthropic,
  'google-generative-ai': google,
};
