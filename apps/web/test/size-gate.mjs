/**
 * The gate on what a browser loads: gzip -9 of every JavaScript file of a page, kB of 1,000 bytes, from the build's manifest.
 * Counted with what a person really gets: the larger of the two languages, and public/theme.js. Run after the build: node apps/web/test/size-gate.mjs
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const LOCALES = ['en', 'ru'];
const catalogue = (part) => (locale) => `src/i18n/catalogues/${locale}.${part}.ts`;
const split = (file) => `${file}?tsr-split=component---loader`;
const SIGN_IN = ['app.html', 'src/routes/_auth.tsx', 'src/routes/_auth.sign-in.tsx'];
const HOME = ['app.html', 'src/routes/app.tsx', 'src/routes/app._shell.tsx', 'src/routes/app._shell.index.tsx'];
const PAGES = [
  { page: 'landing', limit: 15, entries: [], parts: [] },
  { page: 'sign-in', limit: 150, entries: [...SIGN_IN, ...SIGN_IN.slice(1).map(split)], parts: ['base'] },
  { page: 'home', limit: 175, entries: [...HOME, ...HOME.slice(1).map(split)], parts: ['base', 'app'] },
];

if (!existsSync(join(dist, '.vite/manifest.json'))) {
  console.error('No build to measure: run `node apps/web/build.mjs` first.');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

function filesOf(entries) {
  const files = new Set(['theme.js']);
  const seen = new Set();
  const walk = (name) => {
    const chunk = manifest[name];
    if (chunk === undefined || seen.has(name)) return;
    seen.add(name);
    if (chunk.file.endsWith('.js')) files.add(chunk.file);
    for (const next of chunk.imports ?? []) walk(next);
  };
  for (const entry of entries) {
    // A route without a page of its own has no second chunk; the pages themselves must be there.
    if (manifest[entry] === undefined && !entry.includes('tsr-split') && !entry.startsWith('src/routes/')) throw new Error(`${entry} is not in the manifest`);
    walk(entry);
  }
  return files;
}

function pageSize({ entries, parts }) {
  const totals = LOCALES.map((locale) => {
    const files = filesOf([...entries, ...parts.map((part) => catalogue(part)(locale))]);
    return [...files].reduce((sum, file) => sum + size(file), 0);
  });
  return Math.max(...totals) / 1000;
}

// The public pages may ask for nothing but theme.js.
for (const page of ['index.html', 'pricing.html', 'ru/index.html', 'ru/pricing.html']) {
  const scripts = [...readFileSync(join(dist, page), 'utf8').matchAll(/<script[^>]*>|rel="modulepreload"/g)].map(([tag]) => tag);
  if (scripts.length !== 1 || scripts[0] !== '<script src="/theme.js">') throw new Error(`${page} loads more than theme.js: ${scripts.join(' ')}`);
}

let broken = false;
for (const { page, limit, ...rest } of PAGES) {
  const kB = pageSize(rest);
  const ok = kB <= limit;
  broken ||= !ok;
  console.log(`${ok ? 'ok  ' : 'OVER'} ${page.padEnd(8)} ${kB.toFixed(1).padStart(6)} kB of ${limit} kB gzip JavaScript`);
}
process.exit(broken ? 1 : 0);
