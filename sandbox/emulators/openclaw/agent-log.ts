/** One field of a log line; message text, tokens and keys are never given to the log, so no redaction is needed. */
export type LogField = string | number | boolean | undefined;

export type AgentLog = (event: string, fields?: Record<string, LogField>) => void;

/** Builds a log that writes one JSON line per event to the given writer (standard output in a container). */
export function createAgentLog(write: (line: string) => void): AgentLog {
  return (event, fields = {}) => write(`${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`);
}
