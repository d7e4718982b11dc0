// Logarithm, sine and cosine from + − × ÷ alone, so that normal numbers have the same bits on every engine:
// those of Math differ between engines and their versions. Algorithms and coefficients of FDLIBM's e_log.c, k_sin.c
// and k_cos.c (Sun Microsystems 1993), with errors below one unit in the last place.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

const LOG = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
] as const;
const SINE = [
  -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 0.0000027557313707070068,
  -2.5050760253406863e-8, 1.58969099521155e-10,
] as const;
const COSINE = [
  0.0416666666666666, -0.001388888888887411, 0.00002480158728947673, -2.7557314351390663e-7,
  2.087572321298175e-9, -1.1359647557788195e-11,
] as const;

/** Natural logarithm of x in [2^-1000, 1]. */
export function logarithm(x: number): number {
  // x = 2^k·(1 + f) with 1 + f between √½ and √2.
  let mantissa = x;
  let k = 0;
  for (; mantissa < 2 ** -16; k -= 16) mantissa *= 2 ** 16;
  for (; mantissa < Math.SQRT1_2; k--) mantissa *= 2;
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + z * polynomial(LOG, z)) + k * LN2_LOW) - f);
}

/** Cosine and sine of 2π·turns, for turns in [0, 1) that are a multiple of 2^-53. */
export function cosineAndSine(turns: number): readonly [number, number] {
  // To the nearest quarter turn exactly, so that the angle that is left has no error but that of 2π.
  const quarter = Math.floor(4 * turns + 0.5);
  const x = 2 * Math.PI * (turns - quarter / 4);
  const z = x * x;
  const sine = x + z * x * polynomial(SINE, z);
  const half = 0.5 * z;
  const top = 1 - half;
  const cosine = top + (1 - top - half + z * z * polynomial(COSINE, z));
  switch (quarter % 4) {
    case 0:
      return [cosine, sine];
    case 1:
      return [-sine, cosine];
    case 2:
      return [-cosine, -sine];
    default:
      return [sine, -cosine];
  }
}

function polynomial(coefficients: readonly number[], z: number): number {
  let result = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) result = coefficients[i] + z * result;
  return result;
}
