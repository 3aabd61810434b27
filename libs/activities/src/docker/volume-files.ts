import { PassThrough, type Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { pack } from 'tar-stream';
import { callDocker, openDockerStream } from './docker-call.js';
import { DockerError, toDockerError } from './docker-error.js';
import { helperName, ROLE_LABEL } from './docker-names.js';
import type { VolumeCall, VolumeFile } from './docker-types.js';

const CALL_TIMEOUT_MS = 60_000;
/** How often a helper that a concurrent call removed under us is created anew. */
const HELPER_ATTEMPTS = 3;
const MOUNT_POINT = '/volume';

/**
 * Carries files into and out of volumes by a one-off container that has the volume mounted and is never started: the
 * engine's archive calls work on created containers, so nothing is run, and an assistant's own mount stays read-only.
 */
export class VolumeFiles {
  constructor(
    private readonly docker: Dockerode,
    private readonly hostId: string,
  ) {}

  /** Puts the files into the volume in one call; existing ones are replaced. The helper is removed afterwards, also on failure. */
  async write(call: VolumeCall, files: readonly VolumeFile[], root?: { mode: number; uid: number; gid: number }): Promise<void> {
    const archive = await tarOf(files, root);
    for (let attempt = 1; ; attempt += 1) {
      const helper = await this.ensureHelper(call, 'writer');
      try {
        await callDocker(this.options(call, 'writeFiles'), (abortSignal) =>
          this.docker.getContainer(helper).putArchive(archive, { _query: { path: MOUNT_POINT, noOverwriteDirNonDir: '1' }, abortSignal }),
        );
        return;
      } catch (error) {
        const removedUnderUs = error instanceof DockerError && error.kind === 'not_found';
        if (!removedUnderUs || attempt >= HELPER_ATTEMPTS) throw error;
      } finally {
        await this.removeHelper(call.volume, 'writer');
      }
    }
  }

  /** A tar of the whole volume, entries relative to its root (`./…` becomes `volume/…` as Docker names them). The helper is removed when the stream closes. */
  async read(call: VolumeCall): Promise<Readable> {
    const helper = await this.ensureHelper(call, 'reader');
    try {
      const source = (await openDockerStream(this.options(call, 'exportVolume'), (abortSignal) =>
        this.docker.getContainer(helper).getArchive({ path: `${MOUNT_POINT}/.`, abortSignal }),
      )) as Readable;
      const tar = new PassThrough();
      // It may fail before its reader has begun to listen: without this the whole process would end. The reader sees the failure by the destroyed stream.
      tar.on('error', () => undefined);
      const finished = (error?: Error | null): void => {
        void this.removeHelper(call.volume, 'reader').then(
          () => (error ? tar.destroy(toDockerError(error, this.hostId, `exportVolume ${call.volume}`)) : tar.end()),
          (problem: Error) => tar.destroy(problem),
        );
      };
      source.once('error', finished);
      // An answer cut off in its middle closes without an end.
      source.once('close', () => (source.readableEnded || tar.destroyed ? undefined : finished(new Error('the answer broke off'))));
      source.once('end', () => finished());
      tar.once('close', () => {
        if (source.readableEnded) return;
        source.removeAllListeners('error').on('error', () => undefined);
        source.destroy();
        void this.removeHelper(call.volume, 'reader').catch(() => undefined); // a leftover is found by its name next time
      });
      return source.pipe(tar, { end: false });
    } catch (error) {
      await this.removeHelper(call.volume, 'reader');
      throw error;
    }
  }

  private options(call: VolumeCall, operation: string): { hostId: string; operation: string; timeoutMs: number; signal?: AbortSignal } {
    return { hostId: this.hostId, operation: `${operation} ${call.volume}`, timeoutMs: CALL_TIMEOUT_MS, signal: call.signal };
  }

  /** Creates the helper, or takes the one that an earlier attempt left. @throws DockerError `not_found` without the volume */
  private async ensureHelper(call: VolumeCall, purpose: 'writer' | 'reader'): Promise<string> {
    const name = helperName(call.volume, purpose);
    // Docker makes a missing volume with the container that names it: that one would have no labels and never be found again.
    await callDocker(this.options(call, 'inspect volume'), (abortSignal) => this.docker.getVolume(call.volume).inspect({ abortSignal }));
    try {
      const body = {
        Image: call.image,
        // Never started; if somebody does, there is nothing to run.
        Entrypoint: ['/never-started'],
        Cmd: [],
        Labels: { ...call.labels, [ROLE_LABEL]: 'helper' },
        HostConfig: {
          NetworkMode: 'none',
          CapDrop: ['ALL'],
          RestartPolicy: { Name: 'no' },
          // NoCopy: nothing of the image may slip into the volume.
          Mounts: [{ Type: 'volume', Source: call.volume, Target: MOUNT_POINT, ReadOnly: purpose === 'reader', VolumeOptions: { NoCopy: true } }],
        },
      };
      await callDocker(this.options(call, `create ${purpose} of`), (abortSignal) => this.docker.createContainer({ _query: { name }, _body: body, abortSignal } as unknown as Dockerode.ContainerCreateOptions));
    } catch (error) {
      if (!(error instanceof DockerError) || error.kind !== 'conflict') throw error;
    }
    return name;
  }

  private async removeHelper(volume: string, purpose: 'writer' | 'reader'): Promise<void> {
    const name = helperName(volume, purpose);
    try {
      // No caller's signal: tidying up happens after a cancellation too.
      await callDocker({ hostId: this.hostId, operation: `remove ${name}`, timeoutMs: CALL_TIMEOUT_MS }, (abortSignal) => this.docker.getContainer(name).remove({ force: true, abortSignal }));
    } catch (error) {
      const gone = error instanceof DockerError && (error.kind === 'not_found' || /already in progress/.test(error.message));
      if (!gone) throw error;
    }
  }
}

async function tarOf(files: readonly VolumeFile[], root?: { mode: number; uid: number; gid: number }): Promise<Buffer> {
  const archive = pack();
  const pieces: Buffer[] = [];
  const collected = (async () => {
    for await (const piece of archive) pieces.push(piece as Buffer);
  })();
  const mtime = new Date();
  if (root) archive.entry({ name: './', type: 'directory', mtime, ...root });
  for (const { path, content, ...owner } of files) {
    if (path.startsWith('/') || path.split('/').includes('..')) throw new Error('A file path must stay inside the volume');
    archive.entry({ name: path, mtime, ...owner }, content);
  }
  archive.finalize();
  await collected;
  return Buffer.concat(pieces);
}
