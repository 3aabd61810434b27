import { useTranslations } from 'use-intl';
import { asProblem } from '../../api/errors.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { emailFault, newPasswordFault } from './checks.js';

/** The sentences of the account forms, in the language of the page. */
export function useSentences() {
  const t = useTranslations('account.error');
  const text = useProblemText();
  return {
    email: (email: string) => {
      const fault = emailFault(email);
      return fault === null ? null : t(fault);
    },
    newPassword: (password: string) => {
      const fault = newPasswordFault(password);
      return fault === null ? null : t(fault, { length: [...password].length });
    },
    missingPassword: (password: string) => (password === '' ? t('passwordMissing') : null),
    missingName: (name: string) => (name.trim() === '' ? t('nameMissing') : null),
    /** The sentence for what the server refused. */
    refusal: (error: unknown) => {
      const problem = asProblem(error);
      if (problem.code.startsWith('USER_ALREADY_EXISTS')) return t('USER_ALREADY_EXISTS');
      if (problem.code === 'INVALID_EMAIL_OR_PASSWORD' || problem.code === 'EMAIL_NOT_VERIFIED') return t(problem.code);
      return text(problem);
    },
  };
}
