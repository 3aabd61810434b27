import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';

/** Errors outside the vendors' routes, in the house's own shape: `{code, detail}`. */
@Catch()
export class GatewayErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return;
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const detail = status === 404 ? 'The gateway has /openai, /anthropic, /google, /healthz and /readyz.' : 'The gateway could not do this.';
    response.status(status).json({ code: status === 404 ? 'NOT_FOUND' : 'INTERNAL', detail });
  }
}
