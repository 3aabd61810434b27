import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import type { PhoneNotices } from '#activities/mail/notify.activities.js';
import { fillShort } from '#activities/mail/short-notice.js';
import { createTwilioClient } from '#activities/twilio/client.js';
import { PhoneCodes } from '#activities/twilio/phone-codes.js';
import { PhoneDeliveries } from '#activities/twilio/phone-deliveries.js';
import { PhoneMessages } from '#activities/twilio/phone-messages.js';
import { twilioSettings, type Environment } from '#config/environment.js';
import { loadShortTemplates } from '#config/notices.js';
import { PHONES } from './tokens.js';

/** What reaches phones. */
export interface Phones extends PhoneNotices {
  readonly deliveries: PhoneDeliveries;
  readonly codes: PhoneCodes;
}

/** Phones by Twilio, or null where it is not set up. Throws where the short texts cannot be used. */
export function createPhones(environment: Environment, dataSource: DataSource, logger: Logger): Phones | null {
  const settings = twilioSettings(environment);
  if (settings === null) return null;
  const templates = loadShortTemplates(join(environment.CONFIG_DIR, environment.NOTICES_FILE));
  const messages = new PhoneMessages(createTwilioClient(settings), { sms: settings.smsFrom, whatsapp: settings.whatsappFrom });
  return {
    templates,
    deliveries: new PhoneDeliveries({ dataSource, messages, logger, statusUrl: `${environment.PUBLIC_URL.replace(/\/$/, '')}/api/v1/webhooks/twilio/status` }),
    codes: new PhoneCodes({
      dataSource, messages, secret: environment.AUTH_SECRET,
      write: (locale, code) => {
        const template = templates.phone_code[locale];
        return { ...fillShort(template, { code }), template: template.sid ?? template.name };
      },
    }),
  };
}

/** Sends what is owed to phones while the worker runs. */
@Injectable()
export class PhoneDeliveriesRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(PHONES) private readonly phones: Phones | null) {}

  onApplicationBootstrap(): void {
    this.phones?.deliveries.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.phones?.deliveries.stop();
  }
}
