import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';

/** Errors outside the vendors' routes, in the house's own shape: `{code, detail}`. */
@Catch()
export class GatewayErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return;
    const [status, code, detail] = explain(error);
    response.status(status).json({ code, detail });
  }
}

function explain(error: unknown): readonly [status: number, code: string, detail: string] {
  // Express marks its own errors, such as an address that cannot be decoded, with a status.
  const status = error instanceof HttpException ? error.getStatus() : Number((error as { status?: unknown } | null)?.status ?? 500);
  if (status === 404) return [404, 'NOT_FOUND', 'The gateway has /openai, /anthropic, /google, /healthz and /readyz.'];
  if (status >= 400 && status < 500) return [status, 'BAD_REQUEST', 'The gateway cannot read this request.'];
  return [500, 'INTERNAL', 'The gateway could not do this.'];
}
