import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const PASSED_OVER = new Set(['node_modules', 'dist', '.git', '.clawkeep', 'test-results', 'playwright-report']);

/** Every file below `path`, or the file itself; sorted, so that the same tree has the same list. */
export function filesBelow(path) {
  if (!existsSync(path)) return [];
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    throw error;
  }
  const files = [];
  for (const entry of entries) {
    if (PASSED_OVER.has(entry.name)) continue;
    const child = join(path, entry.name);
    if (entry.isDirectory()) files.push(...filesBelow(child));
    else if (entry.isFile()) files.push(child);
  }
  return files.sort();
}

/**
 * A fingerprint of the contents of files: the same content has the same one, whatever the times of the files say.
 * @param {string} root
 * @param {readonly string[]} paths files and folders, relative to `root`
 * @param {(path: string) => boolean} [wanted]
 */
export function fingerprint(root, paths, wanted = () => true) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesBelow(join(root, path))) {
      if (!wanted(file)) continue;
      hash.update(`${relative(root, file)}\0`);
      try {
        hash.update(readFileSync(file));
      } catch (error) {
        if (error.code !== 'ENOENT') throw error; // went away while we were reading: not part of the tree
      }
      hash.update('\0');
    }
  }
  return hash.digest('hex');
}

/** Whether the stamp at `file` says `value`. */
export function isStamped(file, value) {
  try {
    return readFileSync(file, 'utf8').trim() === value;
  } catch {
    return false;
  }
}

/** Writes the stamp in one step, so that a killed build never leaves half of one. */
export function stamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${value}\n`);
  renameSync(`${file}.${process.pid}`, file);
}
