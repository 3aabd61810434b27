import { ValidateBy } from 'class-validator';

/** True for a name that the runtime's time zone database knows. */
export function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 64 || !/^[A-Za-z][A-Za-z0-9+_/-]*$/.test(value)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

export const IsTimeZone = (): PropertyDecorator =>
  ValidateBy({ name: 'timeZone', validator: { validate: isTimeZone, defaultMessage: () => 'timeZone must be a name of the IANA time zone database, such as Europe/Berlin.' } });
