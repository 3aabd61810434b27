/** The value below which `share` (0 to 1) of the figures lie, by nearest rank. NaN for none. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (figures: readonly number[]): number => quantile(figures, 0.5);
export const worst = (figures: readonly number[]): number => Math.max(...figures);
export const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);

/** With so many places after the point, as a string. */
export const fixed = (figure: number, places = 0): string => figure.toFixed(places);
export const seconds = (ms: number, places = 2): string => `${fixed(ms / 1_000, places)} s`;
export const mib = (bytes: number): string => `${fixed(bytes / 1_048_576)} MiB`;
