import { SetMetadata } from '@nestjs/common';

export const POLICY = 'clawkeep:policy';
export type StaffRole = 'support' | 'finance' | 'operator';
export type MemberRole = 'owner' | 'admin' | 'member';

/** Who may call a route. A route without one refuses to boot. */
export type Policy =
  | { readonly kind: 'public' }
  | { readonly kind: 'member' | 'admin' | 'owner'; readonly staffToo: boolean }
  | { readonly kind: 'staff'; readonly roles: readonly StaffRole[] };

/** Anybody, signed in or not. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(POLICY, { kind: 'public' } satisfies Policy);
/** Any member of a customer; with `staffToo` also staff, who have no customer. */
export const MemberRoute = (options: { staffToo?: boolean } = {}): MethodDecorator & ClassDecorator =>
  SetMetadata(POLICY, { kind: 'member', staffToo: options.staffToo ?? false } satisfies Policy);
/** Owner or admin of a customer. */
export const AdminRoute = (): MethodDecorator & ClassDecorator => SetMetadata(POLICY, { kind: 'admin', staffToo: false } satisfies Policy);
/** The owner of a customer. */
export const OwnerRoute = (): MethodDecorator & ClassDecorator => SetMetadata(POLICY, { kind: 'owner', staffToo: false } satisfies Policy);
/** Staff in one of these roles; an operator may do what support and finance may. */
export const Staff = (...roles: StaffRole[]): MethodDecorator & ClassDecorator => SetMetadata(POLICY, { kind: 'staff', roles } satisfies Policy);
