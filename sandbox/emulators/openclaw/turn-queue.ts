/** Turns of one conversation run one after another; all turns together never exceed the limit. */
export class TurnQueue {
  private readonly tails = new Map<string, Promise<void>>();
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(public limit: number) {}

  /** Runs the turn when the conversation is free and a place is free. Without a key, only the limit counts. */
  async run<T>(key: string | undefined, turn: () => Promise<T>): Promise<T> {
    const before = key === undefined ? undefined : this.tails.get(key);
    let release: () => void = () => undefined;
    if (key !== undefined) {
      const mine = new Promise<void>((resolve) => (release = resolve));
      this.tails.set(key, mine);
      void mine.then(() => {
        if (this.tails.get(key) === mine) this.tails.delete(key);
      });
    }
    try {
      await before;
      await this.enter();
      try {
        return await turn();
      } finally {
        this.leave();
      }
    } finally {
      release();
    }
  }

  private async enter(): Promise<void> {
    if (this.running >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
