// How sentences say numbers.

/** `1 point`, `6 points`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A median or a mean to three significant digits, whole numbers as they are. */
export function about(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** `12 (9 to 15)`; of values that read alike, the middle alone. */
export function ranged(middle: number, values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return about(low) === about(high) ? about(middle) : `${about(middle)} (${about(low)} to ${about(high)})`;
}

/** `−0.02`: a correlation. */
export function hundredths(value: number): string {
  return value.toFixed(2).replace("-", "−");
}

/** `−12 %`, to whole percents, and to a digit more below one. */
export function percents(share: number): string {
  const value = 100 * share;
  const digits = Math.abs(value) < 1 && value !== 0 ? 1 : 0;
  return `${value.toFixed(digits).replace("-", "−")} %`;
}

/** A tensor in a sentence: names that are no words stand in quotes, `"34"`. */
export function named(name: string): string {
  return /^[A-Za-z][\w.]*$/.test(name) ? name : JSON.stringify(name);
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}
