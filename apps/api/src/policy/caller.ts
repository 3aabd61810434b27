import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { MemberRole } from './policy.decorators.js';

/** Who calls, as the session says. */
export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  readonly email: string;
  readonly name: string;
  readonly userRole: 'member' | 'support' | 'finance' | 'operator';
  readonly customerId: string | null;
  readonly memberRole: MemberRole | null;
}

/** A caller who belongs to a customer. */
export interface Member extends Caller {
  readonly customerId: string;
  readonly memberRole: MemberRole;
}

export interface CalledRequest extends Request {
  caller?: Caller;
  /** Exact bytes of the body. */
  rawBody?: Buffer;
  id: string;
}

const callerOf = (context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<CalledRequest>();
  if (!caller) throw new Error('This route has no signed-in caller: its policy is public.');
  return caller;
};

/** The signed-in caller, staff or member. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => callerOf(context));
/** The signed-in member; only on routes whose policy asks for a member. */
export const CurrentMember = createParamDecorator((_: unknown, context: ExecutionContext): Member => {
  const caller = callerOf(context);
  if (caller.customerId === null || caller.memberRole === null) throw new Error('This route has no member: its policy lets staff in.');
  return caller as Member;
});
