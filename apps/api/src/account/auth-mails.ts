import type { Locale } from './me.dto.js';

export type AuthMailKind = 'verify' | 'reset' | 'already_registered';
export interface AuthMail { subject: string; text: string; html: string }

interface Words { subject: string; lead: string; action: string; tail: string; hello: (name: string) => string }

const WORDS: Readonly<Record<Locale, Readonly<Record<AuthMailKind, Words>>>> = {
  en: {
    verify: {
      subject: 'Confirm your e-mail address', hello: (name) => `Hello ${name},`,
      lead: 'please confirm that this is your e-mail address. The link works for 24 hours.', action: 'Confirm the address',
      tail: 'If you have not signed up for Clawkeep, you can ignore this mail.',
    },
    reset: {
      subject: 'Choose a new password', hello: (name) => `Hello ${name},`,
      lead: 'somebody asked for a new password for your account. The link works for one hour, once.', action: 'Choose a new password',
      tail: 'If it was not you, you can ignore this mail: your password stays as it is.',
    },
    already_registered: {
      subject: 'You have an account already', hello: (name) => `Hello ${name},`,
      lead: 'somebody tried to sign up with this e-mail address, which has an account already. Sign in, or ask for a new password there.', action: 'Sign in',
      tail: 'If it was not you, you can ignore this mail.',
    },
  },
  ru: {
    verify: {
      subject: 'Подтвердите адрес почты', hello: (name) => `Здравствуйте, ${name}!`,
      lead: 'Пожалуйста, подтвердите, что это ваш адрес. Ссылка действует 24 часа.', action: 'Подтвердить адрес',
      tail: 'Если вы не регистрировались в Clawkeep, просто не обращайте внимания на это письмо.',
    },
    reset: {
      subject: 'Новый пароль', hello: (name) => `Здравствуйте, ${name}!`,
      lead: 'Кто-то запросил новый пароль для вашей учётной записи. Ссылка действует один час и только один раз.', action: 'Задать новый пароль',
      tail: 'Если это были не вы, просто не обращайте внимания: пароль останется прежним.',
    },
    already_registered: {
      subject: 'У вас уже есть учётная запись', hello: (name) => `Здравствуйте, ${name}!`,
      lead: 'Кто-то попытался зарегистрироваться с этим адресом, но учётная запись с ним уже есть. Войдите или запросите там новый пароль.', action: 'Войти',
      tail: 'Если это были не вы, просто не обращайте внимания на это письмо.',
    },
  },
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The text of a mail about the account; `url` is where its link leads. */
export function authMail(kind: AuthMailKind, locale: Locale, name: string, url: string): AuthMail {
  const { subject, hello, lead, action, tail } = WORDS[locale][kind];
  const greeting = hello(name);
  return {
    subject,
    text: `${greeting}\n\n${lead}\n\n${url}\n\n${tail}\n\nClawkeep\n`,
    html: `<!doctype html><html lang="${locale}"><body style="font-family:sans-serif;line-height:1.5"><p>${escape(greeting)}</p><p>${escape(lead)}</p>`
      + `<p><a href="${escape(url)}">${escape(action)}</a></p><p>${escape(tail)}</p><p>Clawkeep</p></body></html>`,
  };
}
