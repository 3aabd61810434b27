import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { fromNodeHeaders } from 'better-auth/node';
import type { IncomingHttpHeaders } from 'node:http';
import type { Environment } from '#config/environment.js';
import { Database } from '../database/database.js';
import { unavailable } from '../http/problem.js';
import type { Caller } from '../policy/caller.js';
import { ENVIRONMENT } from '../tokens.js';
import { AuthMailer } from './auth-mailer.js';
import { createAuth, trustedOrigins, type Auth } from './auth-options.js';
import { Customers } from './customers.js';

export interface FoundCaller { caller: Caller; setCookies: string[] }

const COOKIE = /(?:^|;\s*)(?:__Secure-)?clawkeep\.session_token=/;

/** Sessions: who calls. The rest of better-auth is reached by its own routes. */
@Injectable()
export class AuthService implements OnApplicationBootstrap {
  private readonly logger = new Logger('Auth');
  private built: Auth | null = null;
  readonly origins: readonly string[];

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly database: Database,
    private readonly mailer: AuthMailer,
    private readonly customers: Customers,
  ) {
    this.origins = trustedOrigins(environment);
  }

  /** After the database has come up with its newest schema: never earlier (auth-options.ts). */
  onApplicationBootstrap(): void {
    this.built = createAuth({
      environment: this.environment, pool: this.database.authPool,
      sendMail: (kind, user, url) => this.mailer.send(kind, user, url),
      userCreated: async ({ id, name }) => {
        // The account exists by now: where this fails the customer is made at the first signed-in request.
        await this.customers.ensure({ id, name }).catch((error: unknown) => this.logger.warn(`The customer of a new user is not made yet: ${error instanceof Error ? error.message : 'unknown'}`));
      },
      log: (level, message) => this.logger[level](message.slice(0, 500)),
    });
  }

  get auth(): Auth {
    if (this.built === null) throw unavailable('STARTING', 'The service is starting. Try again in a moment.', 1);
    return this.built;
  }

  /**
   * Who sent these headers, or null for nobody. A member's customer is made where a crash left it out.
   * 503 where the database does not answer: a session that cannot be looked up is not "signed out".
   */
  async callerOf(headers: IncomingHttpHeaders): Promise<FoundCaller | null> {
    if (!COOKIE.test(headers.cookie ?? '')) return null;
    const { headers: answered, response: session } = await this.lookUp(headers);
    if (session === null) return null;
    const { user } = session;
    const userRole = user.role as Caller['userRole'];
    const membership = userRole === 'member' ? await this.customers.ensure(user) : await this.customers.find(user.id);
    return {
      caller: { userId: user.id, sessionId: session.session.id, email: user.email, name: user.name, userRole, customerId: membership?.customerId ?? null, memberRole: membership?.memberRole ?? null },
      setCookies: answered.getSetCookie(),
    };
  }

  private async lookUp(headers: IncomingHttpHeaders) {
    try {
      return await this.auth.api.getSession({ headers: fromNodeHeaders(headers), returnHeaders: true });
    } catch (error) {
      // better-auth hides the cause: ask the database itself.
      await this.database.rows('SELECT 1');
      throw error;
    }
  }
}
