import twilio from 'twilio';

/** Twilio's own client; its types end in this folder. */
export type TwilioClient = ReturnType<typeof twilio>;

export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  /** Only where it is not Twilio itself: the emulator's address, without a trailing slash. */
  readonly apiUrl?: string | undefined;
  /** Of one call; Twilio's own default of 30 s is longer than anybody waits. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 8_000;
const TWILIO_HOST = /^https:\/\/[a-z0-9.-]+\.twilio\.com(?::443)?(?=\/)/;

/**
 * A client of Twilio's REST API. The package names its hosts itself (api.twilio.com, content.twilio.com …) and knows `edge` and `region` only, so another
 * address is put in by its `httpClient`: the paths of the hosts do not meet.
 */
export function createTwilioClient({ accountSid, authToken, apiUrl, timeoutMs = TIMEOUT_MS }: TwilioSettings): TwilioClient {
  const options = { timeout: timeoutMs, autoRetry: false };
  const httpClient = apiUrl === undefined ? new twilio.RequestClient(options) : new ElsewhereClient(apiUrl, options);
  return twilio(accountSid, authToken, { httpClient, autoRetry: false });
}

class ElsewhereClient extends twilio.RequestClient {
  constructor(private readonly apiUrl: string, options: ConstructorParameters<typeof twilio.RequestClient>[0]) {
    super(options);
  }

  override request: InstanceType<typeof twilio.RequestClient>['request'] = (request) => super.request({ ...request, uri: request.uri.replace(TWILIO_HOST, () => this.apiUrl.replace(/\/$/, '')) });
}
