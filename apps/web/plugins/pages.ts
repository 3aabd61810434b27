import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Connect, type Plugin, type ViteDevServer } from 'vite';
import { parse } from 'yaml';
import type { Catalogue } from '#domain/plan/plan.types.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const cataloguePath = fileURLToPath(new URL('../../../config/plans/default.yaml', import.meta.url));

interface ManifestChunk {
  readonly file: string;
  readonly src?: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}
type Manifest = Readonly<Record<string, ManifestChunk>>;

/** What pages/render.tsx exports. */
interface Renderer {
  renderPages(input: { readonly catalogue: Catalogue; readonly stylesheet: string; readonly font: Readonly<Record<string, string>> }): readonly { readonly path: string; readonly html: string }[];
}

const catalogue = (): Catalogue => parse(readFileSync(cataloguePath, 'utf8')) as Catalogue;

/** Every chunk that loading `name` brings along, itself first. */
export function closureOf(manifest: Manifest, name: string, seen = new Set<string>()): string[] {
  const chunk = manifest[name];
  if (chunk === undefined || seen.has(name)) return [];
  seen.add(name);
  return [chunk.file, ...(chunk.imports ?? []).flatMap((next) => closureOf(manifest, next, seen))];
}

/**
 * The public pages: rendered once at build time to plain files (index.html, pricing.html, ru/…), with no script of ours
 * but the blocking theme.js. In development they are rendered anew for each request.
 */
export function staticPages(): Plugin {
  let outDir = '';
  return {
    name: 'clawkeep-static-pages',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    configureServer(server) {
      server.middlewares.use(devPages(server));
    },
    async closeBundle() {
      if (this.environment.name !== 'client') return;
      const manifest = JSON.parse(await readFile(join(outDir, '.vite/manifest.json'), 'utf8')) as Manifest;
      const file = (part: string) => {
        const found = Object.values(manifest).find(({ src, file: name }) => (src ?? name).includes(part));
        if (found === undefined) throw new Error(`the build made no file for ${part}`);
        return `/${found.file}`;
      };
      const server = await createServer({ root, configFile: join(root, 'vite.static.config.ts'), logLevel: 'warn' });
      try {
        const renderer = (await server.ssrLoadModule('/pages/render.tsx')) as unknown as Renderer;
        const font = { en: file('inter-latin-wght-normal'), ru: file('inter-cyrillic-wght-normal') };
        for (const page of renderer.renderPages({ catalogue: catalogue(), stylesheet: file('pages/site.css'), font })) {
          await mkdir(dirname(join(outDir, page.path)), { recursive: true });
          await writeFile(join(outDir, page.path), page.html);
        }
      } finally {
        await server.close();
      }
      // The entry of the style sheet brings an empty script along that nothing asks for.
      const empty = manifest['pages/site.css'];
      if (empty !== undefined && empty.file.endsWith('.js')) await rm(join(outDir, empty.file));
      await writeShell(outDir, manifest);
    },
  };
}

/** app.html with the catalogues' addresses for theme.js, which asks for the one of the person's language before the app runs. */
async function writeShell(outDir: string, manifest: Manifest): Promise<void> {
  const path = join(outDir, 'app.html');
  const html = await readFile(path, 'utf8');
  const catalogues = ['en', 'ru'].map((locale) => {
    const files = closureOf(manifest, `src/i18n/catalogues/${locale}.base.ts`);
    return `data-${locale}="${files.map((name) => `/${name}`).join(' ')}"`;
  });
  await writeFile(path, html.replace('<script src="/theme.js">', `<script src="/theme.js" ${catalogues.join(' ')}>`));
}

function devPages(server: ViteDevServer): Connect.NextHandleFunction {
  return (request, response, next) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const wanted = ({ '/': 'index.html', '/pricing': 'pricing.html', '/ru/': 'ru/index.html', '/ru/pricing': 'ru/pricing.html' } as Record<string, string>)[path];
    if (wanted === undefined) return next();
    server.ssrLoadModule('/pages/render.tsx').then((module) => {
      const pages = (module as unknown as Renderer).renderPages({ catalogue: catalogue(), stylesheet: '/pages/site.css?direct', font: {} });
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(pages.find((page) => page.path === wanted)?.html);
    }).catch(next);
  };
}

/** In development every address of the dashboard answers with app.html, as the API does in production. */
export function appEntry(): Plugin {
  return {
    name: 'clawkeep-app-entry',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const page = /^\/(app|finance|support|sign-in|sign-up|check-mail|verified|forgot-password|reset-password)(\/|\?|$)/.test(request.url ?? '');
        if (page) request.url = '/app.html';
        next();
      });
    },
  };
}
