/** An answer of the engine that is not a success, in Docker's own status and words. */
export class EngineError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'EngineError';
  }
}

export const noSuchContainer = (name: string): EngineError => new EngineError(404, `No such container: ${name}`);
/** The container already is as asked: Docker answers without a body. */
export const notModified = (): EngineError => new EngineError(304, '');
