import { RequestMethod, type INestApplicationContext } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { POLICY, type Policy } from './policy.decorators.js';

export interface RouteEntry {
  readonly method: string;
  /** As Express knows it: `/api/v1/instances/:id`. */
  readonly path: string;
  readonly handler: string;
  /** null = none declared: such an application does not boot. */
  readonly policy: Policy | null;
}

const PREFIX = '/api/v1';
/** Controllers that lie outside the prefix. */
export const OUTSIDE_PREFIX = 'api/auth';

/** Every route of the application with its policy, for the boot check and for tests that must not forget one. The application must have DiscoveryModule. */
export function listRoutes(app: INestApplicationContext): RouteEntry[] {
  const reflector = app.get(Reflector);
  const scanner = new MetadataScanner();
  return app.get(DiscoveryService, { strict: false }).getControllers().flatMap(({ instance, metatype }) => {
    if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) return [];
    const bases = asList(Reflect.getMetadata(PATH_METADATA, metatype));
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap((name): RouteEntry[] => {
      const handler = prototype[name] as (...parameters: unknown[]) => unknown;
      const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
      if (method === undefined) return [];
      const policy = reflector.getAllAndOverride<Policy | undefined>(POLICY, [handler, metatype]) ?? null;
      return bases.flatMap((base) => asList(Reflect.getMetadata(PATH_METADATA, handler)).map((path) => ({
        method: RequestMethod[method], path: join(base.startsWith(OUTSIDE_PREFIX) ? '' : PREFIX, base, path), handler: `${metatype.name}.${name}`, policy,
      })));
    });
  });
}

/** Throws an Error that names every route without a policy. */
export function requirePolicies(routes: readonly RouteEntry[]): void {
  const open = routes.filter(({ policy }) => policy === null);
  if (open.length > 0) throw new Error(`Routes without a policy: ${open.map(({ method, path, handler }) => `${method} ${path} (${handler})`).join(', ')}. Declare who may call them.`);
}

const asList = (path: unknown): string[] => (Array.isArray(path) ? path.map(String) : [typeof path === 'string' ? path : '']);
const join = (...parts: string[]): string => `/${parts.flatMap((part) => part.split('/')).filter(Boolean).join('/')}`;
