import type { Response } from 'express';

/** A refusal in Twilio's shape and with its codes (twilio.com/docs/api/errors). */
export class RestError extends Error {
  constructor(readonly status: number, readonly code: number, message: string) {
    super(message);
  }
}

export function sendRestError(error: RestError, response: Response): void {
  response.status(error.status).json({ code: error.code, message: error.message, more_info: `https://www.twilio.com/docs/errors/${error.code}`, status: error.status });
}

export const REFUSALS = {
  authenticate: () => new RestError(401, 20003, 'Authenticate'),
  notFound: (path: string) => new RestError(404, 20404, `The requested resource ${path} was not found`),
  tooMany: () => new RestError(429, 20429, 'Too Many Requests'),
  broken: () => new RestError(500, 20500, 'Internal Server Error'),
} as const;
