import { nextDue } from '../billing/time.js';
import type { Row } from './store.js';
import type { World } from './world.js';

/**
 * Moves time: test clocks step by step towards their target (each step one transaction, so a kill loses nothing),
 * and the wall clock by a timer to the next due thing.
 */
export class Driver {
  private timer: NodeJS.Timeout | undefined;
  private running = false;
  private closed = false;

  constructor(
    private readonly world: World,
    /** Runs a change as one transaction and writes it to the journal. */
    private readonly transact: (run: () => void) => void,
  ) {}

  start(): void {
    this.kick();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** Looks again at what is due. */
  kick(): void {
    if (this.running || this.closed) return;
    this.running = true;
    setImmediate(() => this.step());
  }

  /** Clocks on their way. */
  advancing(): number {
    return this.world.store.by('test_helpers.test_clock', 'status', 'advancing').length;
  }

  private step(): void {
    if (this.closed) return;
    const clock = this.world.store.by('test_helpers.test_clock', 'status', 'advancing')[0];
    let more = false;
    if (clock) {
      this.guarded(clock, () => this.stepClock(clock));
      more = true;
    } else {
      const due = nextDue(this.world, null);
      const now = this.world.wall();
      if (due && due.at <= now) {
        more = this.guarded(null, due.run);
        if (!more) this.sleep(60);
      } else this.sleep(due ? due.at - now : 60);
    }
    this.running = false;
    if (more) this.kick();
  }

  /** Runs a step of time. One that throws is undone; its clock then stands at `internal_failure`, as Stripe's own would. False when it failed. */
  private guarded(clock: Row | null, run: () => void): boolean {
    try {
      this.transact(run);
      return true;
    } catch (error) {
      process.stderr.write(`stripe emulator: a step of time failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      if (clock) {
        this.transact(() => {
          this.world.update(clock, null, (doc) => Object.assign(doc, { status: 'internal_failure', status_details: {} }));
          this.world.emit('test_helpers.test_clock.internal_failure', clock);
        });
      }
      return false;
    }
  }

  private stepClock(clock: Row): void {
    const target = clock.doc['status_details'].advancing.target_frozen_time as number;
    const due = nextDue(this.world, clock.id);
    this.world.store.edit(clock);
    if (due && due.at <= target) {
      clock.hidden['at'] = Math.max(due.at, this.world.now(clock.id));
      due.run();
      return;
    }
    clock.hidden['at'] = target;
    this.world.update(clock, null, (doc) => Object.assign(doc, { frozen_time: target, status: 'ready', status_details: {} }));
    this.world.emit('test_helpers.test_clock.ready', clock);
  }

  private sleep(seconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.kick(), Math.min(Math.max(seconds, 1), 60) * 1000);
    this.timer.unref();
  }
}
