import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { firstValueFrom, from, type Observable } from 'rxjs';
import type { CalledRequest } from '../policy/caller.js';
import { Idempotency, idempotencyKeyOf, requestHashOf } from './idempotency.service.js';

const WRITES = new Set(['POST', 'PATCH', 'PUT', 'DELETE']);

/** Idempotency-Key on every write of a member that answers with JSON. Handlers that write their answer themselves (chat) call the service. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly idempotency: Idempotency) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<CalledRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const customerId = request.caller?.customerId;
    const key = WRITES.has(request.method) ? idempotencyKeyOf(request) : null;
    if (key === null || customerId === undefined || customerId === null || WRITES_ITSELF.test(request.path)) return next.handle();
    return from(this.answer(customerId, key, request, response, next));
  }

  private async answer(customerId: string, key: string, request: CalledRequest, response: Response, next: CallHandler<unknown>): Promise<unknown> {
    const outcome = await this.idempotency.once(customerId, key, requestHashOf(request), async () => {
      const body = await firstValueFrom(next.handle(), { defaultValue: undefined });
      return { status: response.statusCode, body: body ?? null };
    });
    if (outcome.replayed) response.status(outcome.status).setHeader('Idempotent-Replayed', 'true');
    return outcome.status === 204 ? undefined : outcome.body;
  }
}

const WRITES_ITSELF = /\/chat$/;
