/** What a person typed is good as it stands, or the sentence for its field says how to mend it. */
export type NameCheck = { readonly ok: string } | { readonly fault: string };

/** C0 and C1 controls, zero-width and joining marks, line and paragraph separators, marks that turn the direction of text, tags, noncharacters. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]/u;
/** An emoji may be joined from several by U+200D or chosen by U+FE0F; nothing else may be hidden in a name. */
const EMOJI_JOINS = /(?<=\p{Extended_Pictographic}\ufe0f?[\u{1f3fb}-\u{1f3ff}]?)\u200d(?=\p{Extended_Pictographic})/gu;
/** Marks that are heaped on one letter until it runs over its neighbours. */
const HEAPED_MARKS = /\p{M}{4,}/u;

export const INSTANCE_NAME_MAX_LENGTH = 60;

/** The name of an assistant: 1–60 characters as people count them, NFC, trimmed, one line, nothing hidden. */
export function checkInstanceName(text: unknown): NameCheck {
  if (typeof text !== 'string') return { fault: 'Give the assistant a name, as text.' };
  const name = text.normalize('NFC').trim();
  if (name === '') return { fault: 'Give the assistant a name.' };
  if (HIDDEN.test(name.replace(EMOJI_JOINS, ''))) return { fault: 'The name contains an invisible character; type it again without copying.' };
  if (HEAPED_MARKS.test(name)) return { fault: 'The name has too many accents on one letter.' };
  if ([...name].length > INSTANCE_NAME_MAX_LENGTH) return { fault: `The name may have at most ${INSTANCE_NAME_MAX_LENGTH} characters.` };
  if (!/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(name)) return { fault: 'The name needs at least one letter or digit.' };
  return { ok: name };
}
