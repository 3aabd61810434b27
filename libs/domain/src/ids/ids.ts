/** Ids that cannot be mixed up: each is a UUID in small letters, made by us and never by a person. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type CustomerId = Branded<'CustomerId'>;
export type InstanceId = Branded<'InstanceId'>;
export type ExportId = Branded<'ExportId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** True for a UUID (RFC 9562) as we write it: small letters, with hyphens, no braces. */
export const isUuid = (text: unknown): text is string => typeof text === 'string' && UUID.test(text);

/** A text is no id where an id is wanted; nothing was done. */
export class InvalidIdError extends Error {
  constructor(what: string) {
    // The text itself is not repeated: it may come from a person.
    super(`This is no ${what}: a UUID in small letters is wanted`);
    this.name = 'InvalidIdError';
  }
}

const parse = <Id extends string>(what: string) => (text: unknown): Id => {
  if (!isUuid(text)) throw new InvalidIdError(what);
  return text as Id;
};

/** @throws InvalidIdError */
export const parseCustomerId = parse<CustomerId>('customer id');
/** @throws InvalidIdError */
export const parseInstanceId = parse<InstanceId>('instance id');
/** @throws InvalidIdError */
export const parseExportId = parse<ExportId>('export id');

const HOST_ID = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;

/** Hosts are named by an operator and become part of a task queue's name. */
export const isHostId = (text: unknown): text is string => typeof text === 'string' && HOST_ID.test(text);
