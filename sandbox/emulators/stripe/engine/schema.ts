/** The notation of schema/generate.mjs, read into a tree. */
export type Type =
  | { is: 's' | 'i' | 'd' | 'b' | 'n' | '*' | 'm' | '""' }
  | { is: 'x'; value: string }
  | { is: 'list'; of: Type }
  | { is: 'object'; fields: Map<string, { optional: boolean; type: Type }> }
  | { is: 'either'; of: Type[] }
  | { is: 'named'; name: string }
  | { is: 'page'; of: Type };

/** Reads one type. Throws on text that is not in the notation. */
export function parseType(text: string): Type {
  let at = 0;
  const fail = (): never => {
    throw new Error(`schema notation: unexpected ${text.slice(at, at + 20)} at ${at}`);
  };
  const either = (): Type => {
    const parts = [single()];
    while (text[at] === '|') {
      at += 1;
      parts.push(single());
    }
    return parts.length === 1 && parts[0] ? parts[0] : { is: 'either', of: parts };
  };
  const single = (): Type => {
    const c = text[at];
    if (c === "'") {
      const end = text.indexOf("'", at + 1);
      const value = text.slice(at + 1, end);
      at = end + 1;
      return { is: 'x', value };
    }
    if (c === '"') {
      at += 2;
      return { is: '""' };
    }
    if (c === '[') {
      at += 1;
      const of = either();
      at += 1;
      return { is: 'list', of };
    }
    if (c === '@') {
      const page = text.startsWith('@@', at);
      at += page ? 2 : 1;
      if (page) return { is: 'page', of: single() };
      const name = /^\w+/.exec(text.slice(at))?.[0] ?? fail();
      at += name.length;
      return { is: 'named', name };
    }
    if (c === '{') return object();
    if (c !== undefined && 'sidbn*m'.includes(c)) {
      at += 1;
      return { is: c as 's' };
    }
    return fail();
  };
  const object = (): Type => {
    at += 1;
    const fields = new Map<string, { optional: boolean; type: Type }>();
    while (text[at] !== '}') {
      const name = /^[^:?;{}]+/.exec(text.slice(at, at + 80))?.[0] ?? fail();
      at += name.length;
      const optional = text[at] === '?';
      at += optional ? 2 : 1;
      fields.set(name, { optional, type: either() });
      if (text[at] === ';') at += 1;
    }
    at += 1;
    return { is: 'object', fields };
  };
  const type = either();
  if (at !== text.length) fail();
  return type;
}

/** A table of `name type` lines whose types are read when first asked for. */
export class TypeTable {
  private readonly lines = new Map<string, string>();
  private readonly types = new Map<string, Type>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const cut = line.indexOf('{');
      if (cut > 0) this.lines.set(line.slice(0, cut).trim(), line.slice(cut));
    }
  }

  get(name: string): Type | undefined {
    const known = this.types.get(name);
    if (known) return known;
    const line = this.lines.get(name);
    if (line === undefined) return undefined;
    const type = parseType(line);
    this.types.set(name, type);
    return type;
  }

  names(): string[] {
    return [...this.lines.keys()];
  }
}
