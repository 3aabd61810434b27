import { createHash } from 'node:crypto';
import { accessSync, appendFileSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentConfigError } from './agent-config.js';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Messages of a conversation that are given to the model again. */
const HISTORY_LIMIT = 40;

/** Conversations on the state volume: one append-only JSON-lines file each, so that a restart keeps them. */
export class SessionStore {
  private readonly folder: string;
  private readonly loaded = new Map<string, ChatMessage[]>();

  /** @throws AgentConfigError (78) when the state directory cannot be written. */
  constructor(stateDir: string) {
    this.folder = join(stateDir, 'agents', 'main', 'sessions');
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      accessSync(this.folder, constants.W_OK);
    } catch (error) {
      throw new AgentConfigError(`state directory is not writable (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    }
  }

  history(sessionKey: string): ChatMessage[] {
    const cached = this.loaded.get(sessionKey);
    if (cached) return cached;
    const messages = this.read(sessionKey);
    this.loaded.set(sessionKey, messages);
    return messages;
  }

  append(sessionKey: string, messages: readonly ChatMessage[]): void {
    const history = this.history(sessionKey);
    appendFileSync(this.fileOf(sessionKey), messages.map((message) => `${JSON.stringify(message)}\n`).join(''), { mode: 0o600 });
    this.loaded.set(sessionKey, [...history, ...messages].slice(-HISTORY_LIMIT));
  }

  private read(sessionKey: string): ChatMessage[] {
    let text: string;
    try {
      text = readFileSync(this.fileOf(sessionKey), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    return text
      .split('\n')
      .flatMap((line) => parseLine(line))
      .slice(-HISTORY_LIMIT);
  }

  // A key is text from outside: only its hash becomes a file name.
  private fileOf(sessionKey: string): string {
    return join(this.folder, `${createHash('sha256').update(sessionKey).digest('hex').slice(0, 32)}.jsonl`);
  }
}

/** A line cut off by a kill in mid-write is dropped; the rest of the conversation stays. */
function parseLine(line: string): ChatMessage[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as ChatMessage];
  } catch {
    return [];
  }
}
