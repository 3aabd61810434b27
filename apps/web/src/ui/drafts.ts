/** What a person has begun and not finished, kept for this tab only. Never a secret: a test holds the wizard to that. */
export function readDraft<T extends object>(key: string, fallback: T): T {
  try {
    const text = sessionStorage.getItem(`clawkeep.${key}`);
    const value: unknown = text === null ? null : JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...fallback, ...value } : fallback;
  } catch {
    return fallback;
  }
}

export function writeDraft(key: string, value: object | null): void {
  try {
    if (value === null) sessionStorage.removeItem(`clawkeep.${key}`);
    else sessionStorage.setItem(`clawkeep.${key}`, JSON.stringify(value));
  } catch {
    // Storage is off or full: the page still works, a reload begins anew.
  }
}
