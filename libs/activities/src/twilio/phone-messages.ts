import { failureOf, type TwilioFailure } from './failures.js';
import type { TwilioClient } from './client.js';

export type PhoneChannel = 'whatsapp' | 'sms';

export interface PhoneMessage {
  readonly channel: PhoneChannel;
  /** E.164. */
  readonly phone: string;
  readonly body: string;
  /** Content template: its name at Twilio or its SID, and what stands in its places. Used for WhatsApp, which takes no free text from us first. */
  readonly template: string | null;
  readonly variables: Readonly<Record<string, string>>;
  /** Asked to tell what becomes of it; null = nobody is told. */
  readonly statusCallback: string | null;
}

export type Sent = { readonly ok: true; readonly sid: string } | ({ readonly ok: false } & TwilioFailure);

const TEMPLATES_FRESH_MS = 60_000;
/** Our clock and Twilio's may differ by that much, and Twilio's dates have whole seconds. */
const CLOCK_SLACK_MS = 120_000;
const LOOKED_AT = 50;
const SID = /^HX[0-9a-f]{32}$/;

/** Sends single messages by Twilio, and finds those whose answer was lost. Failures are answers here, not exceptions. */
export class PhoneMessages {
  private templates: { readonly sids: ReadonlyMap<string, string>; readonly readAtMs: number } | null = null;

  constructor(private readonly client: TwilioClient, private readonly senders: Readonly<Record<PhoneChannel, string | null>>) {}

  /** True where we have a number for the channel. */
  offers(channel: PhoneChannel): boolean {
    return this.senders[channel] !== null;
  }

  async send(message: PhoneMessage): Promise<Sent> {
    const sender = this.senders[message.channel];
    if (sender === null) return { ok: false, kind: 'refused', code: null, text: `There is no number to send ${message.channel} from.` };
    try {
      const content = message.channel === 'whatsapp' ? await this.contentOf(message) : { body: message.body };
      if (content === null) return { ok: false, kind: 'refused', code: null, text: `There is no template ${message.template ?? ''} at Twilio.` };
      const { sid } = await this.client.messages.create({
        to: addressOf(message.channel, message.phone), from: addressOf(message.channel, sender), ...content, ...(message.statusCallback === null ? {} : { statusCallback: message.statusCallback }),
      });
      return { ok: true, sid };
    } catch (error) {
      return { ok: false, ...failureOf(error) };
    }
  }

  /**
   * Messages that may be this one: to that number, from ours, the same words, made since then; oldest first. Twilio keeps no key of ours with a message
   * (Messages have no idempotency key), so the words are the mark: they name amount and dates. That the list
   * shows a template's words filled in was seen at the emulator only; where it did not, the status callback would still find the message. Throws where Twilio does not answer.
   */
  async findSent(message: PhoneMessage, sinceMs: number): Promise<string[]> {
    const sender = this.senders[message.channel];
    if (sender === null) return [];
    const newest = await this.client.messages.list({ to: addressOf(message.channel, message.phone), from: addressOf(message.channel, sender), limit: LOOKED_AT });
    return newest
      .filter(({ body, direction, dateCreated }) => direction === 'outbound-api' && body.trim() === message.body.trim() && dateCreated.getTime() >= sinceMs - CLOCK_SLACK_MS)
      .map(({ sid }) => sid).reverse();
  }

  private async contentOf({ template, variables }: PhoneMessage): Promise<{ contentSid: string; contentVariables: string } | null> {
    const contentSid = template === null ? null : SID.test(template) ? template : await this.sidOf(template);
    return contentSid === null ? null : { contentSid, contentVariables: JSON.stringify(variables) };
  }

  private async sidOf(name: string): Promise<string | null> {
    const known = this.templates?.sids.get(name);
    if (known !== undefined) return known;
    if (this.templates !== null && Date.now() - this.templates.readAtMs < TEMPLATES_FRESH_MS) return null;
    const contents = await this.client.content.v1.contents.list({ pageSize: 500 });
    this.templates = { sids: new Map(contents.map(({ friendlyName, sid }) => [friendlyName, sid])), readAtMs: Date.now() };
    return this.templates.sids.get(name) ?? null;
  }
}

const addressOf = (channel: PhoneChannel, phone: string): string => (channel === 'whatsapp' ? `whatsapp:${phone}` : phone);
