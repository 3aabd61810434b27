import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { AuthService } from '../account/auth.service.js';
import { Problem } from '../http/problem.js';
import { RateLimits } from '../limits/rate-limits.js';
import { UNLIMITED } from '../limits/unlimited.decorator.js';
import type { CalledRequest, Caller } from './caller.js';
import { POLICY, type MemberRole, type Policy, type StaffRole } from './policy.decorators.js';

const RANK: Readonly<Record<MemberRole, number>> = { member: 1, admin: 2, owner: 3 };
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One guard for every route: who calls, has it not called too often, does the page belong to us, does the policy let it in. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly auth: AuthService,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<CalledRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const targets = [context.getHandler(), context.getClass()];
    const policy = this.reflector.getAllAndOverride<Policy | undefined>(POLICY, targets);
    if (policy === undefined) throw new Error('A route without a policy was reached.');
    if (this.reflector.getAllAndOverride<boolean | undefined>(UNLIMITED, targets) === true) return true;

    const found = await this.auth.callerOf(request.headers);
    await this.limits.admit(found === null ? { address: request.ip ?? 'unknown' } : { userId: found.caller.userId }, response);
    if (found !== null) {
      request.caller = found.caller;
      for (const cookie of found.setCookies) response.append('Set-Cookie', cookie);
    }
    if (!SAFE.has(request.method)) refuseForeignPages(request, this.auth.origins);
    check(policy, found?.caller ?? null);
    return true;
  }
}

/** Cross-site request forgery: a browser says where a request comes from, by Origin or by Fetch Metadata; who says neither is no browser. */
export function refuseForeignPages({ headers }: Pick<CalledRequest, 'headers'>, origins: readonly string[]): void {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const foreign = origin !== undefined ? !origins.includes(origin) : site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreign) throw new Problem(403, 'FOREIGN_ORIGIN', 'This request comes from a page of another site.');
}

/** Throws 401 or 403 unless the policy lets the caller in. */
export function check(policy: Policy, caller: Caller | null): void {
  if (policy.kind === 'public') return;
  if (caller === null) throw new Problem(401, 'NOT_SIGNED_IN', 'Sign in first.');
  if (policy.kind === 'staff') {
    if (caller.userRole !== 'operator' && !policy.roles.includes(caller.userRole as StaffRole)) throw forbidden();
    return;
  }
  if (caller.customerId === null || caller.memberRole === null) {
    if (policy.staffToo) return;
    throw new Problem(403, 'FORBIDDEN', 'This belongs to customers; staff have none.');
  }
  if (RANK[caller.memberRole] < RANK[policy.kind]) throw forbidden();
}

const forbidden = (): Problem => new Problem(403, 'FORBIDDEN', 'Your role does not allow this.');
