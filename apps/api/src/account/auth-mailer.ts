import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { createTransport, type Transporter } from 'nodemailer';
import type { Environment } from '#config/environment.js';
import { ENVIRONMENT } from '../tokens.js';
import { authMail, type AuthMailKind } from './auth-mails.js';
import { LOCALES, type Locale } from './me.dto.js';

const WAITS_MS = [0, 1_000, 5_000, 20_000];

/**
 * Sends the mails of sign-up and reset beside the request: its duration must not tell whether an address is known, and a mail server that is
 * away must not fail a sign-up. Each is tried four times; a mail that is lost for good is asked for anew by signing in.
 */
@Injectable()
export class AuthMailer implements OnApplicationShutdown {
  private readonly logger = new Logger(AuthMailer.name);
  private readonly transport: Transporter;
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {
    this.transport = createTransport(environment.SMTP_URL, { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 } as object);
  }

  send(kind: AuthMailKind, user: { email: string; name: string; locale?: unknown }, url: string): void {
    const locale: Locale = LOCALES.find((known) => known === user.locale) ?? 'en';
    const mail = { from: this.environment.MAIL_FROM, to: { name: '', address: user.email }, ...authMail(kind, locale, user.name, url) };
    const work = this.deliver(kind, mail).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.underWay);
    this.transport.close();
  }

  private async deliver(kind: AuthMailKind, mail: object): Promise<void> {
    for (const [index, waitMs] of WAITS_MS.entries()) {
      try {
        await delay(waitMs, undefined, { signal: this.stopping.signal });
        await this.transport.sendMail(mail);
        return;
      } catch (error) {
        if (this.stopping.signal.aborted && index > 0) break;
        this.logger.warn(`A mail (${kind}) was not taken, attempt ${index + 1}: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}`);
      }
    }
  }
}
