// Student's t distribution, for intervals of means of few numbers.

/**
 * The t that |T| stays below with probability `share`, for T with `degrees` degrees of freedom: by bisection of the
 * finite sums that the distribution has (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4).
 *
 * @param share above 0 and below 1.
 * @param degrees a positive integer.
 */
export function studentQuantile(share: number, degrees: number): number {
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, degrees) < share) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan((low + high) / 2);
}

/** P(|T| < √degrees·tan θ). */
function probabilityWithin(angle: number, degrees: number): number {
  const isOdd = degrees % 2 === 1;
  const square = Math.cos(angle) ** 2;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = degrees > 1 ? term : 0;
  for (let j = isOdd ? 2 : 1; j <= degrees - 3; j += 2) {
    term *= (square * j) / (j + 1);
    sum += term;
  }
  const part = Math.sin(angle) * sum;
  return isOdd ? (2 / Math.PI) * (angle + part) : part;
}
