/** Injection tokens of the API. */
export const ENVIRONMENT = Symbol('ENVIRONMENT');
export const CATALOGUE = Symbol('CATALOGUE');
export const MODELS = Symbol('MODELS');
