import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DIALECTS } from '../vendors/vendors.js';
import type { VendorName } from '../vendors/vendor.types.js';
import { ProxyService } from './proxy.service.js';

/**
 * Model calls of instances, in each vendor's own wire format. Every route wants the instance's `ckg_…` token in `Authorization: Bearer`,
 * `x-api-key` or `x-goog-api-key`; errors have the vendor's own shape.
 */
@Controller()
export class ProxyController {
  constructor(@Inject(ProxyService) private readonly proxy: ProxyService) {}

  /** `POST /openai/v1/chat/completions`, `POST /openai/v1/responses`, `GET /openai/v1/models`. */
  @All('openai/*path')
  openai(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.#pass('openai', request, response);
  }

  /** `POST /anthropic/v1/messages`, `POST /anthropic/v1/messages/count_tokens`, `GET /anthropic/v1/models`. */
  @All('anthropic/*path')
  anthropic(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.#pass('anthropic', request, response);
  }

  /** `POST /google/v1beta/models/{model}:generateContent`, `:streamGenerateContent`, `:countTokens`, `GET /google/v1beta/models`. */
  @All('google/*path')
  google(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.#pass('google', request, response);
  }

  #pass(vendor: VendorName, request: Request, response: Response): Promise<void> {
    const { pathname, searchParams } = new URL(request.url, 'http://gateway');
    // Some clients escape the colon before Google's method name.
    const path = pathname.slice(`/${vendor}`.length).replaceAll(/%3a/gi, ':');
    return this.proxy.handle(request, response, DIALECTS[vendor], path, searchParams);
  }
}
