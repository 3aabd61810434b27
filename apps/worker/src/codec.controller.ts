import { Body, Controller, HttpCode, Inject, NotFoundException, Options, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Environment } from '#config/environment.js';
import { EncryptionCodec } from '#temporal/payload-codec.js';
import { temporal } from '#temporal/protos.js';
import { ENVIRONMENT } from './tokens.js';

interface PayloadsJson { payloads?: object[] }

/**
 * Codec server of the Temporal UI and CLI (Temporal's remote codec protocol: POST /codec/encode and /codec/decode with
 * protobuf JSON `{payloads}`). In sandbox mode only, on loopback, for the UI's own origin: whoever may decode sees everything.
 */
@Controller('codec')
export class CodecController {
  private readonly codec: EncryptionCodec;

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {
    this.codec = new EncryptionCodec(environment.TEMPORAL_CODEC_KEYS);
  }

  @Options(['encode', 'decode'])
  @HttpCode(204)
  preflight(@Req() request: Request, @Res({ passthrough: true }) response: Response): void { this.admit(request, response); }

  @Post('decode')
  @HttpCode(200)
  async decode(@Body() body: PayloadsJson, @Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<unknown> {
    this.admit(request, response);
    // The UI sends search attributes along, which Temporal keeps in the clear: they go back as they came.
    return toJson(await Promise.all(fromJson(body).map(async (payload) => (isEncrypted(payload) ? (await this.codec.decode([payload]))[0] ?? payload : payload))));
  }

  @Post('encode')
  @HttpCode(200)
  async encode(@Body() body: PayloadsJson, @Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<unknown> {
    this.admit(request, response);
    return toJson(await this.codec.encode(fromJson(body)));
  }

  private admit(request: Request, response: Response): void {
    if (!this.environment.CLAWKEEP_SANDBOX) throw new NotFoundException();
    const origin = request.headers.origin;
    if (origin === undefined) return;
    const ui = new URL(this.environment.TEMPORAL_UI_URL);
    const allowed = ['127.0.0.1', 'localhost', ui.hostname].map((host) => `${ui.protocol}//${host}:${ui.port}`);
    if (!allowed.includes(origin)) throw new NotFoundException();
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS');
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type, X-Namespace, Authorization');
    response.setHeader('Vary', 'Origin');
  }
}

const { Payload } = temporal.api.common.v1;
const fromJson = ({ payloads = [] }: PayloadsJson) => payloads.map((payload) => Payload.fromObject(payload) as { metadata: Record<string, Uint8Array>; data: Uint8Array });
const isEncrypted = ({ metadata }: { metadata: Record<string, Uint8Array> }): boolean => Buffer.from(metadata['encoding'] ?? []).toString().startsWith('binary/encrypted');
const toJson = (payloads: object[]) => ({ payloads: payloads.map((payload) => Payload.toObject(payload as ReturnType<typeof Payload.create>, { bytes: String })) });
