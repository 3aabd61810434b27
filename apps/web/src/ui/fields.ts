import { useRef, useState, type ChangeEvent, type FormEvent } from 'react';

type Errors<K extends string> = Partial<Record<K, string>>;

interface FieldsOptions<K extends string> {
  readonly initial: Record<K, string>;
  /** One sentence for each field that is wrong; an absent or null entry is right. */
  readonly check: (values: Record<K, string>) => Partial<Record<K, string | null>>;
  readonly onSubmit: (values: Record<K, string>) => void;
}

/**
 * The state of a small form: checks on submit, then each field again while it is mended; focuses the first wrong field.
 * Sentences of the server, given by `reject`, win over the form's own.
 */
export function useFields<K extends string>({ initial, check, onSubmit }: FieldsOptions<K>) {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<Errors<K>>({});
  const form = useRef<HTMLFormElement>(null);

  const focusFirst = (wrong: Errors<K>) => {
    // After the render that shows the sentences.
    requestAnimationFrame(() => {
      const names = new Set(Object.keys(wrong));
      for (const element of form.current?.elements ?? []) {
        if (element instanceof HTMLInputElement && names.has(element.name)) return element.focus();
      }
    });
  };
  const tell = (found: Partial<Record<K, string | null>>): boolean => {
    const wrong = Object.fromEntries(Object.entries(found).filter(([, sentence]) => typeof sentence === 'string')) as Errors<K>;
    setErrors(wrong);
    if (Object.keys(wrong).length === 0) return true;
    focusFirst(wrong);
    return false;
  };

  return {
    values,
    set: (patch: Partial<Record<K, string>>) => setValues((old) => ({ ...old, ...patch })),
    reject: (found: Partial<Record<K, string | null>>) => tell(found),
    form: {
      ref: form,
      noValidate: true,
      onSubmit: (event: FormEvent) => {
        event.preventDefault();
        if (tell(check(values))) onSubmit(values);
      },
    },
    field: (name: K) => ({
      name,
      value: values[name],
      error: errors[name] ?? null,
      onChange: (event: ChangeEvent<HTMLInputElement>) => {
        const next = { ...values, [name]: event.currentTarget.value };
        setValues(next);
        if (errors[name] !== undefined) setErrors({ ...errors, [name]: check(next)[name] ?? undefined });
      },
    }),
  };
}
