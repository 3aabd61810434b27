import { createHash } from 'node:crypto';
import { Router } from 'express';
import type { Records, Template } from './records.js';
import { REFUSALS, RestError } from './rest-error.js';

export interface NewTemplate { friendlyName: string; language: string; variables: Readonly<Record<string, string>>; types: Readonly<Record<string, unknown>> }

/** `/v1/Content`: make, fetch, list, delete. Every template counts as approved by WhatsApp at once. */
export function contentRoutes(records: Records, accountSid: string): Router {
  const router = Router();

  router.post('/', (request, response) => {
    const given = request.body as { friendly_name?: unknown; language?: unknown; variables?: unknown; types?: unknown } | undefined;
    if (typeof given?.language !== 'string' || typeof given.types !== 'object' || given.types === null) throw new RestError(400, 20001, 'language and types are required');
    const template = templateOf(accountSid, {
      friendlyName: typeof given.friendly_name === 'string' ? given.friendly_name : '', language: given.language,
      variables: (given.variables ?? {}) as Record<string, string>, types: given.types as Record<string, unknown>,
    }, `${Date.now()} ${records.templates.size}`);
    records.write({ kind: 'template', id: template.sid, value: template });
    response.status(201).json(viewOf(template, request.protocol, request.get('host') ?? ''));
  });

  router.get('/:sid', (request, response) => {
    const template = records.templates.get(request.params.sid);
    if (template === undefined) throw REFUSALS.notFound(request.originalUrl);
    response.json(viewOf(template, request.protocol, request.get('host') ?? ''));
  });

  router.get('/', (request, response) => {
    const size = Math.min(Math.max(Number(request.query['PageSize'] ?? 50) || 50, 1), 1_000);
    const page = Math.max(Number(request.query['Page'] ?? 0) || 0, 0);
    const all = [...records.templates.values()];
    const url = (number: number): string => `https://content.twilio.com/v1/Content?PageSize=${size}&Page=${number}&PageToken=PT${number}`;
    response.json({
      contents: all.slice(page * size, (page + 1) * size).map((template) => viewOf(template, request.protocol, request.get('host') ?? '')),
      meta: { page, page_size: size, first_page_url: url(0), previous_page_url: page > 0 ? url(page - 1) : null, url: url(page), next_page_url: all.length > (page + 1) * size ? url(page + 1) : null, key: 'contents' },
    });
  });

  router.delete('/:sid', (request, response) => {
    if (!records.templates.has(request.params.sid)) throw REFUSALS.notFound(request.originalUrl);
    records.write({ kind: 'template', id: request.params.sid, value: null });
    response.status(204).end();
  });
  return router;
}

/** Makes those templates that are not there yet, known by their name and language; each start of the sandbox gives them the same SIDs. */
export function ensureTemplates(records: Records, accountSid: string, wanted: readonly NewTemplate[]): void {
  const known = new Set([...records.templates.values()].map(({ friendlyName, language }) => `${friendlyName} ${language}`));
  const missing = wanted.filter(({ friendlyName, language }) => !known.has(`${friendlyName} ${language}`)).map((template) => templateOf(accountSid, template, ''));
  if (missing.length > 0) records.write(...missing.map((template) => ({ kind: 'template', id: template.sid, value: template }) as const));
}

function templateOf(accountSid: string, given: NewTemplate, salt: string): Template {
  const bodies = Object.values(given.types).map((type) => (type as { body?: unknown } | null)?.body).filter((body) => typeof body === 'string');
  const sid = `HX${createHash('md5').update(`${accountSid} ${given.friendlyName} ${given.language} ${salt}`).digest('hex')}`;
  return { sid, accountSid, ...given, body: bodies[0] ?? '', createdAtMs: Date.now() };
}

function viewOf(template: Template, protocol: string, host: string): object {
  const at = new Date(template.createdAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const url = `${protocol}://${host}/v1/Content/${template.sid}`;
  return {
    sid: template.sid, account_sid: template.accountSid, friendly_name: template.friendlyName, language: template.language, variables: template.variables, types: template.types,
    date_created: at, date_updated: at, url, links: { approval_create: `${url}/ApprovalRequests/whatsapp`, approval_fetch: `${url}/ApprovalRequests` },
  };
}
