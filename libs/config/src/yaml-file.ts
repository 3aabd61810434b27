import { readFileSync } from 'node:fs';
import { LineCounter, isMap, isNode, isPair, isScalar, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';

/** A place in a file that does not hold, and what to write instead. `path` leads from the root: keys and indices. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A configuration file that cannot be used; the message names file:line:column, the path and the mend of every fault. */
export class ConfigFileError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigFileError';
  }
}

/** A file that was read and holds; `at` tells where a path stands in it, for checks across files. */
export interface YamlFile<Value> {
  readonly value: Value;
  readonly text: string;
  at(path: Problem['path']): string;
}

/**
 * Reads a YAML file, checks its shape and then its sense.
 * @param crossCheck faults that a shape cannot say, asked only when the shape holds.
 * @throws ConfigFileError
 */
export function readYamlFile<Value>(file: string, shape: z.ZodType<Value>, crossCheck: (value: Value) => readonly Problem[] = () => []): YamlFile<Value> {
  const text = readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigFileError(document.errors.map((error) => `${place(error.pos[0])}: is not valid YAML: ${error.message}`));
  }
  const at = (path: Problem['path']): string => place(offsetOf(document, path));
  const say = ({ path, message }: Problem): string => `${at(path)}: ${sayPath(path)} ${message}`;
  const raw: unknown = document.toJS();
  const parsed = shape.safeParse(raw);
  if (!parsed.success) throw new ConfigFileError(parsed.error.issues.flatMap((issue) => problemsOf(issue, raw).map(say)));
  const problems = crossCheck(parsed.data);
  if (problems.length > 0) throw new ConfigFileError(problems.map(say));
  return { value: parsed.data, text, at };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigFileError([`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); check the name and the variable that gives it`]);
  }
}

/** `plans[1].prices[0].id`. */
export const sayPath = (path: Problem['path']): string =>
  path.length === 0 ? 'the file' : path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');

/** Where a path begins in the text; what is missing is shown at the mapping that should have it. */
function offsetOf(document: Document, path: Problem['path']): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last);
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    } else {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
  }
  return document.contents?.range?.[0] ?? 0;
}

function problemsOf(issue: z.core.$ZodIssue, raw: unknown): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is not known here: check its spelling or remove it' }));
  }
  return [{ path, message: sayIssue(issue, valueAt(raw, path)) }];
}

function valueAt(raw: unknown, path: Problem['path']): unknown {
  return path.reduce<unknown>((value, part) => (typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined), raw);
}

function sayIssue(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is missing: add it';
  switch (issue.code) {
    case 'invalid_type': return issue.expected === 'int' ? 'must be a whole number' : `must be of type ${issue.expected}`;
    case 'invalid_value': return `must be one of: ${issue.values.map(String).join(', ')}`;
    case 'too_small': return issue.origin === 'array' ? `needs at least ${issue.minimum} entries` : issue.origin === 'string' ? 'must not be empty' : `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big': return `must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    default: return issue.message;
  }
}
