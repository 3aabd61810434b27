import { Router } from 'express';
import { composeAnswer, contentText, tokenLimit, type Answer } from './answer.js';
import { exchangeHandler, newId, type Exchange, type VendorContext } from './exchange.js';
import type { VendorRefusal, VendorRefusals } from './vendor.js';

/** Error objects in the form of google.rpc.Status, https://cloud.google.com/apis/design/errors. */
function googleError(code: number, status: string, message: string, details?: unknown[]): VendorRefusal {
  return { status: code, body: { error: { code, message, status, ...(details === undefined ? {} : { details }) } } };
}

const QUOTA_MESSAGE =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.';

const refusals: VendorRefusals = {
  missingKey: () =>
    googleError(
      403,
      'PERMISSION_DENIED',
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    ),
  // Google tells a wrong key as a bad request.
  invalidKey: () =>
    googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
      { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message: 'API key not valid. Please pass a valid API key.' },
    ]),
  exhausted: () =>
    googleError(429, 'RESOURCE_EXHAUSTED', QUOTA_MESSAGE, [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [
          {
            quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
            quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
          },
        ],
      },
      {
        '@type': 'type.googleapis.com/google.rpc.Help',
        links: [{ description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' }],
      },
    ]),
  rateLimited: () =>
    googleError(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).', [
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '20s' },
    ]),
  serverError: () =>
    googleError(500, 'INTERNAL', 'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting'),
};

const LISTED_MODELS: readonly (readonly [id: string, displayName: string])[] = [
  ['gemini-3-pro-preview', 'Gemini 3 Pro Preview'],
  ['gemini-2.5-pro', 'Gemini 2.5 Pro'],
  ['gemini-2.5-flash', 'Gemini 2.5 Flash'],
];
const SERVED_MODEL = /^gemini-/;

interface Content {
  role?: unknown;
  parts?: unknown;
}

interface GenerateRequest {
  contents?: unknown;
  systemInstruction?: Content;
  generationConfig?: { maxOutputTokens?: unknown };
}

function usageMetadata(answer: Answer, outputTokens: number): Record<string, number> {
  return { promptTokenCount: answer.inputTokens, candidatesTokenCount: outputTokens, totalTokenCount: answer.inputTokens + outputTokens };
}

async function generate(exchange: Exchange): Promise<void> {
  const [model = '', method = ''] = String(exchange.request.params['modelAndMethod']).split(':');
  const stream = method === 'streamGenerateContent';
  if (!SERVED_MODEL.test(model) || (!stream && method !== 'generateContent')) {
    const message = `models/${model} is not found for API version v1beta, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`;
    return exchange.refuse(googleError(404, 'NOT_FOUND', message));
  }
  const body = (exchange.request.body ?? {}) as GenerateRequest;
  if (!Array.isArray(body.contents) || body.contents.length === 0) {
    return exchange.refuse(googleError(400, 'INVALID_ARGUMENT', '* GenerateContentRequest.contents: contents is not specified\n'));
  }
  const contents = body.contents as Content[];
  if (!(await exchange.admitGeneration(model, stream))) return;
  const last = contents.findLast((content) => content.role === undefined || content.role === 'user');
  const prompt = [body.systemInstruction, ...contents].map((content) => contentText(content?.parts)).join('\n');
  const answer = composeAnswer(contentText(last?.parts), prompt, tokenLimit(body.generationConfig?.maxOutputTokens));
  const finishReason = answer.complete ? 'STOP' : 'MAX_TOKENS';
  const responseId = newId('');
  const response = (text: string, finish: string | undefined, outputTokens: number): unknown => ({
    candidates: [{ content: { parts: [{ text }], role: 'model' }, ...(finish === undefined ? {} : { finishReason: finish }), index: 0 }],
    usageMetadata: usageMetadata(answer, outputTokens),
    modelVersion: model,
    responseId,
  });
  if (!stream) return exchange.reply(answer, response(answer.text, finishReason, answer.outputTokens));
  if (exchange.request.query['alt'] !== 'sse') return exchange.reply(answer, [response(answer.text, finishReason, answer.outputTokens)]);
  await exchange.stream(answer, async (events, pieces) => {
    let sentChars = 0;
    for await (const piece of pieces) {
      sentChars += piece.length;
      const last = sentChars === answer.text.length;
      await events.send(response(piece, last ? finishReason : undefined, last ? answer.outputTokens : Math.ceil(sentChars / 4)));
    }
  });
}

/** Google's face: `/v1beta/models/:model:generateContent`, `:streamGenerateContent?alt=sse`, `/v1beta/models`. */
export function googleRoutes(shared: Pick<VendorContext, 'control' | 'timing'>): Router {
  const context: VendorContext = {
    ...shared,
    name: 'google',
    refusals,
    readKey: (request) => {
      const key = request.headers['x-goog-api-key'] ?? request.query['key'];
      return typeof key === 'string' && key !== '' ? key : undefined;
    },
  };
  const models = LISTED_MODELS.map(([id, displayName]) => ({
    name: `models/${id}`,
    version: '001',
    displayName,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }));
  const router = Router();
  router.get('/v1beta/models', exchangeHandler(context, (exchange) => void exchange.response.json({ models })));
  router.post('/v1beta/models/:modelAndMethod', exchangeHandler(context, generate));
  router.use((_request, response) => void response.status(404).type('html').send('<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>'));
  return router;
}
