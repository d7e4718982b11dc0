// Durations as people say them.

const UNITS = [
  ["days", 86_400],
  ["hours", 3600],
  ["min", 60],
] as const;

/** `3.2 hours`, `12 min`, `40 s`. */
export function durationText(seconds: number): string {
  const [name, size] = UNITS.find(([, size]) => seconds >= 1.5 * size) ?? ["s", 1];
  const count = seconds / size;
  return `${count < 10 && size > 1 ? count.toFixed(1) : Math.round(count)} ${name}`;
}
