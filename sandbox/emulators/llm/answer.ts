/** Vendors bill tokens of their own tokenizers; four characters each is the usual rule of thumb and makes counts predictable in tests. */
const CHARS_PER_TOKEN = 4;
const MAX_QUOTED_CHARS = 280;

export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

interface TextPart {
  text?: unknown;
}

/** Joins the text of a message's content, given as a plain string or as any vendor's list of parts. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (typeof part === 'string' ? part : (part as TextPart | null)?.text))
    .filter((text): text is string => typeof text === 'string')
    .join('\n');
}

export interface Answer {
  text: string;
  /** The text cut where a model would emit its tokens. */
  pieces: string[];
  inputTokens: number;
  outputTokens: number;
  /** False when the caller's token limit cut the answer. */
  complete: boolean;
}

/**
 * Composes the answer to a prompt: always the same text for the same words, quoting the user's last ones in a little Markdown.
 *
 * @param lastUserText what the person said last
 * @param prompt everything the model was given, for the input count
 * @param maxTokens the caller's limit of output tokens
 */
export function composeAnswer(lastUserText: string, prompt: string, maxTokens?: number): Answer {
  const words = lastUserText.trim().replace(/\s+/g, ' ');
  const quoted = words.length > MAX_QUOTED_CHARS ? `${words.slice(0, MAX_QUOTED_CHARS)}…` : words;
  const wordCount = words === '' ? 0 : words.split(' ').length;
  const full = [
    words === '' ? 'I am here.' : `You said: **${quoted}**`,
    '',
    `- words: ${wordCount}`,
    '- model: sandbox',
    '',
    'This answer comes from the emulated provider; a real key brings a real model.',
  ].join('\n');
  const limit = maxTokens === undefined ? full.length : Math.max(0, maxTokens) * CHARS_PER_TOKEN;
  const text = full.slice(0, limit);
  return {
    text,
    pieces: text.match(/\s*\S+\s*|\s+/g) ?? [],
    inputTokens: estimateTokens(prompt),
    outputTokens: estimateTokens(text),
    complete: text.length === full.length,
  };
}

/** The caller's limit of output tokens where it is a positive whole number. */
export function tokenLimit(...candidates: unknown[]): number | undefined {
  return candidates.find((value): value is number => Number.isInteger(value) && (value as number) > 0);
}
