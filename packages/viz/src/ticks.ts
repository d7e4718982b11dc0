// Axis ticks: round numbers on a logarithmic axis of values and on a linear axis of indices.

/** A logarithmic axis: its ends, on round numbers, and the ticks between them, ascending. */
export interface LogAxis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** The axis for values from `low` to `high`, 0 < low ≤ high: 1-2-5 steps within two decades, else powers of ten. */
export function logAxis(low: number, high: number): LogAxis {
  const candidates: number[] = [];
  for (let e = Math.floor(Math.log10(low)) - 1; e <= Math.ceil(Math.log10(high)) + 1; e++) {
    // Parsed from decimal text, so that 10⁻³ is the number people type.
    for (const digit of [1, 2, 5]) candidates.push(Number(`${digit}e${e}`));
  }
  const from = candidates.findLastIndex((tick) => tick <= low * (1 + 1e-9));
  const to = candidates.findIndex((tick) => tick >= high * (1 - 1e-9));
  const round = candidates.slice(from === to ? from - 1 : from, (from === to ? to + 1 : to) + 1);
  const decades = Math.log10(round.at(-1)! / round[0]!);
  const every = Math.ceil(decades / 8);
  const ticks =
    decades <= 2.5
      ? round
      : round.filter((tick) => isPowerOfTen(tick) && Math.round(Math.log10(tick)) % every === 0);
  return { low: round[0]!, high: round.at(-1)!, ticks };
}

/** Labels of one axis, in one notation: plain decimals, or powers of ten where those get long. */
export function formatLogTicks(ticks: readonly number[]): string[] {
  const plain = ticks.every((tick) => tick >= 1e-3 && tick <= 1e4);
  return ticks.map((tick) => {
    if (plain) return String(tick);
    const exponent = Math.floor(Math.log10(tick) + 1e-9);
    const digit = Math.round(tick / 10 ** exponent);
    return `${digit === 1 ? "" : `${digit}·`}10${superscript(exponent)}`;
  });
}

/** Round indices from 1 to `count`, at most about twelve of them. */
export function indexTicks(count: number): number[] {
  // No step of 2: next to the 1 at the start, its ticks would look uneven.
  let step = 1;
  for (let power = 1; count > 12 * step; power *= 10) {
    step = [5, 10, 20].map((digit) => digit * power).find((one) => count <= 12 * one) ?? 50 * power;
  }
  const ticks = [1];
  for (let tick = step === 1 ? 2 : step; tick <= count; tick += step) ticks.push(tick);
  return ticks;
}

function isPowerOfTen(value: number): boolean {
  return Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6);
}

function superscript(exponent: number): string {
  return [...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("");
}
