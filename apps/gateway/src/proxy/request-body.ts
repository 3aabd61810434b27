import type { IncomingMessage } from 'node:http';

/** A request that cannot be passed on, with the reason for its sender. */
export class BadRequestBody extends Error {
  override readonly name = 'BadRequestBody';
  readonly status: 400 | 413;

  constructor(status: 400 | 413, message: string) {
    super(message);
    this.status = status;
  }
}

function tooLarge(limitBytes: number): BadRequestBody {
  return new BadRequestBody(413, `The request is larger than ${Math.floor(limitBytes / 1024 / 1024)} MB.`);
}

/**
 * Reads a JSON object from a request.
 *
 * @throws BadRequestBody 413 past the limit, 400 for what is no JSON object
 */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<{ raw: Buffer; body: Record<string, unknown> }> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw new BadRequestBody(400, 'Send the body without Content-Encoding.');
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    request.resume();
    throw tooLarge(limitBytes);
  }
  const raw = await readBytes(request, limitBytes);
  let body: unknown;
  try {
    body = JSON.parse(raw.toString('utf8'));
  } catch {
    throw new BadRequestBody(400, 'The body is not valid JSON.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BadRequestBody(400, 'The body must be a JSON object.');
  return { raw, body: body as Record<string, unknown> };
}

function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      // The rest is read and thrown away, so that the answer can still reach a sender that is not done yet.
      request.off('data', onData);
      request.resume();
      reject(tooLarge(limitBytes));
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new BadRequestBody(400, 'The request ended before its body was whole.')));
  });
}
