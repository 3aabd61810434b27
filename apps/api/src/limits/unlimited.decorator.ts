import { SetMetadata } from '@nestjs/common';

export const UNLIMITED = 'clawkeep:unlimited';

/** No rate limit: probes, and webhooks that are checked by their signature. */
export const Unlimited = (): MethodDecorator & ClassDecorator => SetMetadata(UNLIMITED, true);
