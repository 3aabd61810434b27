/** What a person of our team must look at, by where it comes from: each source takes back its own. Plain JSON inside, for continue-as-new. */
export class Attention {
  constructor(readonly reasons: Record<string, string>) {}

  /** In one line, or null where nobody is needed. */
  get text(): string | null {
    const all = Object.keys(this.reasons).sort().map((source) => this.reasons[source]!);
    return all.length === 0 ? null : all.join(' · ');
  }

  call(source: string, reason: string): void { this.reasons[source] = reason; }
  takeBack(source: string): void { delete this.reasons[source]; }
}
