// The way between keyframes: straight from code to code, slow at each.

/**
 * Codes along the way through keyframes, with `steps` from each to the next: `[(keyframes − 1) · steps + 1, dim]`.
 */
export function wayThrough(keyframes: readonly Float32Array[], steps: number): Float32Array[] {
  const [first, ...rest] = keyframes;
  if (!first) return [];
  const way = [first];
  rest.forEach((to, i) => {
    const from = keyframes[i];
    for (let step = 1; step <= steps; step++) {
      const s = eased(step / steps);
      way.push(to.map((x, j) => from[j] + s * (x - from[j])));
    }
  });
  return way;
}

/** From 0 to 1, without a jolt at either end. */
function eased(t: number): number {
  return t * t * (3 - 2 * t);
}
