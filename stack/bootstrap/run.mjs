import { spawn } from 'node:child_process';

const KEPT_LINES = 60;

/**
 * Runs a program without a shell and resolves with its last lines; rejects with them when it fails.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<string>}
 */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: { ...(options.env ?? process.env), NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) {
          lines.push(line);
          if (lines.length > KEPT_LINES) lines.shift();
          options.onLine?.(line);
        }
      });
      stream.on('end', () => { if (rest !== '') lines.push(rest); });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const told = lines.join('\n').trim();
      if (code === 0) resolve(told);
      else reject(Object.assign(new Error(`${[file, ...args].join(' ')} ended with ${signal ?? `code ${code}`}\n${told}`), { output: told }));
    });
  });
}
