import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CellResult } from '#testing/fault-kit/matrix.js';
import type { PlantedBug } from './planted-bugs.js';

/** What hangs because of a bug is a find, too, but only if it would be well by now without the bug. */
const PATIENCE_MS = 60_000;
const PATIENCE_WITHOUT_BUG_MS = 150_000;
const LONGEST_MS = 170_000;

/** A copy of the compiled product, in which one bug after the other is planted and looked for by a child process. */
export class PlantedBugLane {
  private readonly folder = mkdtempSync(join(tmpdir(), 'ck-planted-'));

  constructor(private readonly root: string, private readonly servers: { postgresUrl: string; temporalAddress: string }) {
    for (const name of ['apps', 'libs', 'sandbox', 'test']) cpSync(join(root, 'dist', name), join(this.folder, 'dist', name), { recursive: true });
    for (const name of ['workflow-bundle.js']) cpSync(join(root, 'dist', name), join(this.folder, 'dist', name));
    mkdirSync(join(this.folder, 'test/faults'), { recursive: true });
    cpSync(join(root, 'test/faults/manifest.json'), join(this.folder, 'test/faults/manifest.json'));
    cpSync(join(root, 'test/money/plans.yaml'), join(this.folder, 'test/money/plans.yaml'));
    cpSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    for (const name of ['node_modules', 'config']) symlinkSync(join(root, name), join(this.folder, name));
  }

  /** Runs the cells with the bug in place, or without any; the product is whole again afterwards. @throws where the text to change is not there */
  async run(cells: readonly string[], bug: PlantedBug | null): Promise<CellResult[]> {
    if (bug === null) return this.matrix(cells, PATIENCE_WITHOUT_BUG_MS);
    const file = join(this.folder, 'dist/libs', bug.file);
    const whole = readFileSync(file, 'utf8');
    const bundled = bug.file.startsWith('workflows/') || bug.file.startsWith('domain/');
    const bundle = join(this.folder, 'dist/workflow-bundle.js');
    const wholeBundle = bundled ? readFileSync(bundle) : null;
    try {
      writeFileSync(file, bug.edits.reduce((text, { find, replace }) => {
        if (!text.includes(find)) throw new Error(`The planted bug "${bug.name}" does not fit any more: ${bug.file} has no "${find}"`);
        return text.replace(find, () => replace);
      }, whole));
      if (bundled) await this.node([join(this.root, 'stack/bootstrap/bundle-workflows.mjs'), this.folder], () => undefined);
      return await this.matrix(cells, PATIENCE_MS);
    } finally {
      writeFileSync(file, whole);
      if (wholeBundle !== null) writeFileSync(bundle, wholeBundle);
    }
  }

  remove(): void { rmSync(this.folder, { recursive: true, force: true }); }

  private async matrix(cells: readonly string[], patienceMs: number): Promise<CellResult[]> {
    const results: CellResult[] = [];
    const only = `^(${cells.map((name) => name.replaceAll(/[#.]/g, '\\$&')).join('|')})$`;
    await this.node([join(this.folder, 'dist/test/faults/run.js'), '--only', only, '--patience', String(patienceMs), '--servers', JSON.stringify(this.servers)],
      (line) => { if (line.startsWith('{')) results.push(JSON.parse(line) as CellResult); });
    return results;
  }

  private async node(args: readonly string[], onLine: (line: string) => void): Promise<void> {
    const child = spawn(process.execPath, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => { errors = (errors + chunk.toString()).slice(-2_000); });
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    for await (const line of createInterface({ input: child.stdout })) onLine(line);
    const code = await ended.finally(() => clearTimeout(timer));
    if (code !== 0) throw new Error(`${args[0] ?? ''} ended with ${String(code)}: ${errors}`);
  }
}
