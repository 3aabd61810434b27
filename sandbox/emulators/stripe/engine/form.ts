/** A parsed form body: strings, nested objects, and arrays written `a[]=`. */
export type Raw = string | Raw[] | { [key: string]: Raw };

/**
 * Reads Stripe's form encoding: `a[b][0][c]=v`, `a[]=v`, in a body or a query.
 * Objects have no prototype, so a key such as `__proto__` is an ordinary (unknown) name.
 */
export function parseForm(text: string): { [key: string]: Raw } {
  const root: { [key: string]: Raw } = Object.create(null) as { [key: string]: Raw };
  if (text === '') return root;
  for (const [key, value] of new URLSearchParams(text)) assign(root, splitKey(key), value);
  return root;
}

/** `a[b][]` → `['a', 'b', '']`; text after an unclosed bracket stays part of the name. */
export function splitKey(key: string): string[] {
  const open = key.indexOf('[');
  if (open <= 0) return [key];
  const parts = [key.slice(0, open)];
  const brackets = /\[([^[\]]*)\]/gy;
  brackets.lastIndex = open;
  let end = open;
  for (let match = brackets.exec(key); match; match = brackets.exec(key)) {
    parts.push(match[1] ?? '');
    end = brackets.lastIndex;
  }
  return end === key.length ? parts : [key];
}

function assign(target: { [key: string]: Raw } | Raw[], path: string[], value: string): void {
  const [head = '', ...rest] = path;
  if (Array.isArray(target)) {
    if (rest.length === 0) target.push(value);
    else {
      const last = target.at(-1);
      const fresh = typeof last !== 'object' || Array.isArray(last) || (rest[0] !== undefined && rest[0] in last);
      const item: { [key: string]: Raw } = fresh ? (Object.create(null) as { [key: string]: Raw }) : last;
      if (fresh) target.push(item);
      assign(item, rest, value);
    }
    return;
  }
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const existing = target[head];
  if (rest[0] === '') {
    const list: Raw[] = Array.isArray(existing) ? existing : [];
    target[head] = list;
    assign(list, rest, value);
    return;
  }
  const child: { [key: string]: Raw } =
    typeof existing === 'object' && !Array.isArray(existing) ? existing : (Object.create(null) as { [key: string]: Raw });
  target[head] = child;
  assign(child, rest, value);
}
