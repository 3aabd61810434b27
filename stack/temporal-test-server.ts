import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { downloadBySdk, onPath, type Progress } from './temporal-cli.js';

const execute = promisify(execFile);
const VERSION = '1.35.0';

/** All that Maven needs to gather the test server and what it runs with. */
const POM = `<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>clawkeep</groupId><artifactId>temporal-test-server</artifactId><version>1</version>
  <dependencies><dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency></dependencies>
</project>
`;

/**
 * The SDK runs its test server directly, without a shell, gives it five seconds, and kills that one process: hence the flags for a
 * quick JVM, and `exec`.
 */
const WRAPPER = `#!/bin/sh
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx512m -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

export interface TestServerFound { path: string; from: string }

/**
 * Finds or gets Temporal's time-skipping test server: in the user's cache, by the SDK's download, or the Java one from Maven.
 * Returns why each was passed over when none is left: its tests are then skipped by name.
 */
export async function provideTestServer(cache: string, progress: Progress, environment: Readonly<Record<string, string | undefined>> = process.env): Promise<TestServerFound | { passedOver: string[] }> {
  const java = join(cache, `temporal-test-server-${VERSION}`);
  const downloads = join(cache, 'downloads');
  const ways: { from: string; get: () => Promise<string> }[] = [
    { from: 'TEMPORAL_TEST_SERVER_BIN', get: async () => named(environment) },
    { from: 'the cache', get: () => inCache(downloads, java) },
    { from: "the SDK's download", get: () => download(downloads, progress) },
    { from: `Maven, io.temporal:temporal-test-server:${VERSION}`, get: () => maven(java, progress, environment) },
  ];
  const passedOver: string[] = [];
  for (const { from, get } of ways) {
    try {
      return { path: await get(), from };
    } catch (error) {
      progress.signal?.throwIfAborted();
      passedOver.push(`${from}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  return { passedOver };
}

function named(environment: Readonly<Record<string, string | undefined>>): string {
  const path = environment['TEMPORAL_TEST_SERVER_BIN'];
  if (!path) throw new Error('not set');
  if (!existsSync(path)) throw new Error(`there is nothing at ${path}`);
  return path;
}

async function inCache(downloads: string, java: string): Promise<string> {
  const downloaded = findDownloaded(downloads);
  if (downloaded !== undefined) return downloaded;
  const wrapper = join(java, 'temporal-test-server');
  if (!existsSync(wrapper)) throw new Error('nothing there yet');
  await needJava();
  return wrapper;
}

const findDownloaded = (folder: string): string | undefined =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^temporal-test-server[\w.-]*$/.test(name) && !name.endsWith('.downloading')).map((name) => join(folder, name))[0] : undefined;

async function download(folder: string, progress: Progress): Promise<string> {
  // The SDK offers it for x64 only.
  await downloadBySdk('time-skipping', folder, progress);
  const path = findDownloaded(folder);
  if (path === undefined) throw new Error('the download left no program');
  return path;
}

async function needJava(): Promise<void> {
  try {
    await execute('java', ['-version'], { timeout: 20_000 });
  } catch {
    throw new Error('no `java` that runs');
  }
}

async function maven(target: string, progress: Progress, environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const mvn = onPath('mvn', environment);
  await needJava();
  const incoming = `${target}.${process.pid}`;
  mkdirSync(incoming, { recursive: true });
  const pom = join(incoming, 'pom.xml');
  writeFileSync(pom, POM);
  const begin = Date.now();
  const timer = setInterval(() => progress.say(`Fetching Temporal's Java test server by Maven (once): ${Math.round((Date.now() - begin) / 1000)} s`), 2_000);
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(mvn, ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${join(incoming, 'lib')}`], { stdio: ['ignore', 'pipe', 'pipe'], ...(progress.signal === undefined ? {} : { signal: progress.signal }) });
      let told = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { told += chunk.toString('utf8'); });
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(told.split('\n').find((line) => line.includes('ERROR'))?.slice(0, 200) ?? `mvn ended with code ${code ?? 'none'}`))));
    });
    writeFileSync(join(incoming, 'temporal-test-server'), WRAPPER);
    chmodSync(join(incoming, 'temporal-test-server'), 0o755);
    rmSync(target, { recursive: true, force: true });
    renameSync(incoming, target);
    return join(target, 'temporal-test-server');
  } finally {
    clearInterval(timer);
    rmSync(incoming, { recursive: true, force: true });
  }
}
