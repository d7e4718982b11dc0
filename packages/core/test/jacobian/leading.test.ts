import {
  eigh,
  gram,
  leadingColumns,
  type Matrix,
  matmul,
  matrix,
  normal,
  orthogonal,
  svd,
} from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { subspaceAngles } from "../../src/grassmann/index.ts";
import {
  type DifferentiableMap,
  defaultTriplets,
  functionMap,
  inputBasisAt,
  JacobianAt,
  leadingTriplets,
  localBasisAt,
  metricSpectrum,
  tangentBasis,
} from "../../src/index.ts";
import {
  bytesPerVector,
  bytesText,
  decompositionFits,
  metricFits,
  tripletsThatFit,
  vectorsPerRun,
} from "../../src/jacobian/budget.ts";
import { distortionSample, warpagePair, warpageSample } from "../../src/tangent-spaces/index.ts";

/** x ↦ A·sin(x), with the singular values σ(0), σ(1), … of A. */
function mapOf(m: number, n: number, sigma: (i: number) => number): DifferentiableMap {
  const rank = Math.min(m, n);
  const [u, v] = [leadingColumns(orthogonal(1, 0, m), rank), leadingColumns(orthogonal(2, 0, n), rank)];
  const scaled = matrix(
    m,
    rank,
    u.data.map((x, at) => x * sigma(at % rank)),
  );
  const a = matmul(scaled, v, { transposeB: true });
  const column = (x: Iterable<number>, length: number): Matrix => matrix(length, 1, Float64Array.from(x));
  return functionMap({
    from: { name: "x", dim: n, shape: [n], prior: { kind: "normal" } },
    to: { name: "y", dim: m, shape: [m] },
    evaluate: (x) => matmul(a, column(Array.from(x, Math.sin), n)).data,
    jvp: (x, t) =>
      matmul(
        a,
        column(
          Array.from(t, (value, i) => Math.cos(x[i]!) * value),
          n,
        ),
      ).data,
    vjp: (x, c) =>
      matmul(a, column(c, m), { transposeA: true }).data.map((value, i) => Math.cos(x[i]!) * value),
  });
}

const tall = mapOf(200, 40, (i) => 0.7 ** i);
const wide = mapOf(40, 200, (i) => 0.7 ** i);
/** Less than either Jacobian takes, 64 kB, and more than some vectors of the longer side do. */
const SMALL = 40_000;

const pointOf = ({ from }: DifferentiableMap): Float32Array => Float32Array.from(normal(3, 0, from.dim));

function orthonormality(v: Matrix): number {
  const g = gram(v);
  return Math.max(...g.data.map((x, at) => Math.abs(x - (at % (g.cols + 1) === 0 ? 1 : 0))));
}

describe.each([
  ["more outputs than inputs", tall],
  ["more inputs than outputs", wide],
])("of %s", (_, map) => {
  const point = pointOf(map);

  test.each([
    ["whole", 2 ** 31, undefined, "matrix", 1e-12],
    ["by the columns' spectrum", SMALL, undefined, "columns", 1e-6],
    ["by the metric's spectrum from products", 10_000, undefined, "products", 1e-4],
    ["the leading ones", SMALL, 6, "products", 1e-5],
  ] as const)(
    "the input's half is that of the local basis: %s",
    async (_, memoryBudget, rank, route, tolerance) => {
      const whole = await localBasisAt(map, point);
      const half = await inputBasisAt(JacobianAt.of(map, point, { memoryBudget }), rank);
      expect(half.route).toBe(route);
      const k = rank ?? 40;
      expect(half.inputVectors).toMatchObject({ rows: map.from.dim, cols: k });
      expect(half.singularValues).toHaveLength(k);
      half.singularValues.forEach((value, i) => {
        expect(Math.abs(value - whole.singularValues[i]!)).toBeLessThan(tolerance * whole.singularValues[0]!);
      });
      expect(orthonormality(half.inputVectors)).toBeLessThan(1e-5);
      const products = matmul(half.inputVectors, whole.inputVectors, { transposeA: true });
      // The spectrum of the metric has no output vector, and so no sign of one.
      const hasSigns = route === "matrix" || rank !== undefined;
      for (let i = 0; i < 6; i++) {
        const cosine = products.data[i * products.cols + i]!;
        expect(hasSigns ? cosine : Math.abs(cosine)).toBeCloseTo(1, 4);
      }
    },
  );

  test("the leading triplets are those of the whole decomposition, and their residuals say how nearly", async () => {
    const whole = await localBasisAt(map, point);
    const few = await localBasisAt(map, point, { k: 6, memoryBudget: SMALL });
    expect([whole.route, few.route]).toEqual(["matrix", "products"]);
    expect(whole.residuals).toBeUndefined();
    expect(few.singularValues).toHaveLength(6);
    for (let i = 0; i < 6; i++) {
      expect(few.singularValues[i]! / whole.singularValues[i]!).toBeCloseTo(1, 5);
      expect(Math.abs(few.singularValues[i]! - whole.singularValues[i]!)).toBeLessThanOrEqual(
        few.residuals![i]! + 1e-6,
      );
      expect(few.residuals![i]!).toBeLessThan(1e-4 * whole.singularValues[0]!);
    }
    for (const side of ["inputVectors", "outputVectors"] as const) {
      expect(orthonormality(few[side])).toBeLessThan(1e-12);
      const angles = subspaceAngles(few[side], leadingColumns(whole[side], 6));
      expect(Math.max(...angles)).toBeLessThan(1e-4);
    }
    expect(few.value).toEqual(whole.value);
  });

  test("signs are those of the whole decomposition", async () => {
    const [whole, few] = [
      await localBasisAt(map, point, { k: 3 }),
      await localBasisAt(map, point, { k: 3, memoryBudget: SMALL }),
    ];
    few.outputVectors.data.forEach((x, at) => {
      expect(Math.abs(x - whole.outputVectors.data[at]!)).toBeLessThan(1e-3);
    });
  });

  test("J is nowhere whole: every block is as small as the budget", async () => {
    let largest = 0;
    const counted: DifferentiableMap = {
      ...map,
      jvp: (x, t, count) => {
        largest = Math.max(largest, count);
        return map.jvp(x, t, count);
      },
    };
    const bytesPerVector = 4 * (map.from.dim + map.to.dim);
    await localBasisAt(counted, point, { k: 2, memoryBudget: 8 * bytesPerVector });
    expect(largest).toBeLessThanOrEqual(8);
    expect(largest).toBeGreaterThan(0);
  });

  test("without k the leading 32 are found, or as many as fit", async () => {
    expect(defaultTriplets(map)).toBe(40);
    expect(defaultTriplets(map, { memoryBudget: 60_000 })).toBe(18);
    expect((await localBasisAt(map, point, { memoryBudget: SMALL })).singularValues).toHaveLength(12);
    await expect(localBasisAt(map, point, { k: 40, memoryBudget: SMALL })).rejects.toMatchObject({
      code: "MEMORY_BUDGET",
      message: expect.stringContaining("which holds 12"),
    });
  });

  test("tangent bases, warpage and Distortion of given k agree with those of the whole Jacobian", async () => {
    const options = { k: 4, memoryBudget: SMALL };
    const { vectors, route } = await tangentBasis(map, point, 4, options);
    expect(route).toBe("products");
    expect(Math.max(...subspaceAngles(vectors, (await tangentBasis(map, point, 4)).vectors))).toBeLessThan(
      1e-4,
    );
    const pair = warpagePair(map.from, 0, 0);
    const [lean, whole] = [await warpageSample(map, pair, options), await warpageSample(map, pair, { k: 4 })];
    lean.randomPair.geodesic.forEach((d, i) => {
      expect(Math.abs(d - whole.randomPair.geodesic[i]!)).toBeLessThan(1e-3);
    });
    const [thin, full] = [
      await distortionSample(map, pair, options),
      await distortionSample(map, pair, { k: 4 }),
    ];
    expect(Math.abs(thin.random!.distance - full.random!.distance)).toBeLessThan(1e-3);
  });
});

test("Distortion without k finds its dimension without the whole Jacobian", async () => {
  // Five directions above a tail of noise; more rows than columns, so that the spectrum is streamed.
  const noise = normal(6, 0, 40);
  const map = mapOf(400, 40, (i) => (i < 5 ? 10 - i : 0.1 + 0.01 * noise[i]!));
  const pair = warpagePair(map.from, 0, 0);
  const whole = await distortionSample(map, pair, { threshold: 0.01 });
  const lean = await distortionSample(map, pair, { threshold: 0.01, memoryBudget: 100_000 });
  expect(whole.random!.k).toBe(5);
  expect(lean.random!.k).toBe(5);
  expect(Math.abs(lean.random!.distance - whole.random!.distance)).toBeLessThan(1e-4);
});

test.each([
  ["twice", [5, 5]],
  ["three times", [5, 5, 5]],
  ["below another", [7, 3, 3]],
  ["each", [7, 7, 2, 2]],
  ["all of them", Array<number>(40).fill(2)],
])("a singular value that is repeated is found as often: %s", async (_, values) => {
  const map = mapOf(60, 40, (i) => values[i] ?? 0.7 ** i);
  for (const k of [1, values.length, values.length + 2].filter((k) => k <= 40)) {
    const at = JacobianAt.of(map, new Float32Array(40));
    const { singularValues, residuals } = await leadingTriplets(at, k);
    singularValues.forEach((value, i) => {
      expect(Math.abs(value - (values[i] ?? 0.7 ** i))).toBeLessThan(1e-5 * values[0]!);
      expect(residuals[i]!).toBeLessThan(1e-5 * values[0]!);
    });
  }
});

test.each([
  ["of more outputs than inputs", 60, 40, [7, 7, 2, 2]],
  ["of more inputs than outputs", 30, 50, [5, 5, 5, 1]],
] as const)(
  "leading pairs of the metric %s are those of the whole, as often as they are there",
  async (_, m, n, values) => {
    const map = mapOf(m, n, (i) => values[i] ?? 0.7 ** i);
    const at = JacobianAt.of(map, new Float32Array(n));
    const whole = eigh(await at.gram()).values;
    for (const k of [1, 3, 6]) {
      const { eigenvalues, eigenvectors, residuals, products } = await metricSpectrum(map, at.point, {
        k,
      });
      eigenvalues.forEach((value, i) => {
        expect(Math.abs(value - whole[i]!)).toBeLessThan(1e-6 * whole[0]!);
        expect(residuals![i]!).toBeLessThan(1e-6 * whole[0]!);
      });
      expect(orthonormality(eigenvectors)).toBeLessThan(1e-12);
      // One forth and one back a step.
      expect(products! % 2).toBe(0);
      expect(products!).toBeLessThan(16 * k + 24);
    }
  },
);

test.each([1e-30, 1e30])("units of the output change nothing but the values: %s", async (factor) => {
  const scaled = mapOf(200, 40, (i) => factor * 0.7 ** i);
  const { singularValues, residuals } = await leadingTriplets(JacobianAt.of(scaled, new Float32Array(40)), 4);
  singularValues.forEach((value, i) => {
    expect(value / (factor * 0.7 ** i)).toBeCloseTo(1, 6);
    expect(residuals[i]! / factor).toBeLessThan(1e-5);
  });
});

test.each([
  ["in pairs that fall slowly", (i: number) => 0.9 ** (i >> 1)],
  ["in pairs that differ by 1e-7", (i: number) => (i % 2 ? 1 - 1e-7 : 1) * 0.8 ** (i >> 1)],
  ["in pairs that fall very slowly", (i: number) => 1 / (1 + 0.01 * (i >> 1))],
  ["in groups of three", (i: number) => 0.8 ** Math.floor(i / 3)],
  ["in groups of four", (i: number) => 1 / (1 + (i >> 2))],
  ["once, before others that fall slowly", (i: number) => (i < 2 ? 1 : 0.9 ** (i - 1))],
])("values that are repeated %s are found as often", async (_, sigma) => {
  const map = mapOf(80, 60, sigma);
  for (const k of [1, 2, 3, 5]) {
    const { singularValues } = await leadingTriplets(JacobianAt.of(map, pointOf(map)), k);
    const whole = await localBasisAt(map, pointOf(map), { k });
    singularValues.forEach((value, i) => {
      expect(Math.abs(value - whole.singularValues[i]!)).toBeLessThan(1e-5);
    });
  }
});

test("values descend and vectors are orthonormal also where nothing but rounding is left", async () => {
  const map = mapOf(50, 30, (i) => (i < 4 ? 0.7 ** i : 0));
  const {
    singularValues: s,
    inputVectors,
    outputVectors,
  } = await leadingTriplets(JacobianAt.of(map, pointOf(map)), 30);
  expect([...s].sort((a, b) => b - a)).toEqual([...s]);
  expect(s[4]!).toBeLessThan(1e-6);
  for (const v of [inputVectors, outputVectors]) expect(orthonormality(v)).toBeLessThan(1e-10);
});

test("a map may use the array of its last result again", async () => {
  const shared = new Float64Array(200);
  const map: DifferentiableMap = {
    ...tall,
    jvp: async (x, t, count) => {
      shared.set(await tall.jvp(x, t, count));
      return shared as never;
    },
  };
  const [again, fresh] = await Promise.all(
    [map, tall].map((one) => leadingTriplets(JacobianAt.of(one, pointOf(tall)), 3)),
  );
  again!.singularValues.forEach((value, i) => {
    expect(value / fresh!.singularValues[i]!).toBeCloseTo(1, 6);
  });
});

test("a spectrum that falls as those of generators do takes some thirty products, forth and back", async () => {
  const { products } = await leadingTriplets(JacobianAt.of(tall, pointOf(tall)), 5);
  expect(products).toBeLessThanOrEqual(32);
});

test("what is computed in a basis with little room for it is the same", async () => {
  // Restarts: seven vectors fit, and this takes some dozens.
  const map = mapOf(100, 80, (i) => 1 / (1 + 0.1 * i));
  const lean = await leadingTriplets(JacobianAt.of(map, pointOf(map), { memoryBudget: 30_000 }), 3);
  const rich = await leadingTriplets(JacobianAt.of(map, pointOf(map)), 3);
  expect(lean.products).toBeGreaterThan(40);
  lean.singularValues.forEach((value, i) => {
    expect(value / rich.singularValues[i]!).toBeCloseTo(1, 6);
  });
});

test("a map that is constant has triplets of zeros", async () => {
  const still = functionMap({
    from: { name: "x", dim: 5, shape: [5] },
    to: { name: "y", dim: 300, shape: [300] },
    evaluate: () => new Float64Array(300),
  });
  const { singularValues, residuals, outputVectors } = await leadingTriplets(
    JacobianAt.of(still, new Float32Array(5)),
    2,
  );
  expect([...singularValues, ...residuals]).toEqual([0, 0, 0, 0]);
  expect(orthonormality(outputVectors)).toBeLessThan(1e-12);
});

describe("JacobianAt", () => {
  const point = pointOf(tall);

  test("products, columns, matrix and metric are of one derivative", async () => {
    const at = JacobianAt.of(tall, point);
    const j = await at.matrix();
    const { s } = svd(j, { vectors: "none" });
    expect((await at.columns())[7]![11]).toBeCloseTo(j.data[11 * 40 + 7]!, 6);
    const tangents = Float32Array.from(normal(4, 0, 3 * 40));
    const pushed = await at.push(tangents, 3);
    const product = matmul(j, matrix(3, 40, Float64Array.from(tangents)), { transposeB: true });
    for (let i = 0; i < 200; i++)
      expect(Math.abs(pushed[200 + i]! - product.data[3 * i + 1]!)).toBeLessThan(1e-5);
    const cotangents = Float32Array.from(normal(5, 0, 2 * 200));
    const pulled = await at.pull(cotangents, 2);
    const back = matmul(j, matrix(2, 200, Float64Array.from(cotangents)), {
      transposeA: true,
      transposeB: true,
    });
    for (let i = 0; i < 40; i++) expect(Math.abs(pulled[40 + i]! - back.data[2 * i + 1]!)).toBeLessThan(1e-5);
    const trace = (await at.gram()).data.reduce((sum, x, i) => sum + (i % 41 === 0 ? x : 0), 0);
    expect(trace / s.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 6);
  });

  test("products of many vectors, in as many runs as the budget takes, are those of one run", async () => {
    const sizes: number[] = [];
    const counted: DifferentiableMap = {
      ...tall,
      bytesPerTangent: 1000,
      jvp: (x, t, count) => {
        sizes.push(count);
        return tall.jvp(x, t, count);
      },
      vjp: (x, c, count) => {
        sizes.push(count);
        return tall.vjp(x, c, count);
      },
    };
    const [tangents, cotangents] = [
      Float32Array.from(normal(4, 0, 7 * 40)),
      Float32Array.from(normal(5, 0, 7 * 200)),
    ];
    const [pushed, pulled] = [await tall.jvp(point, tangents, 7), await tall.vjp(point, cotangents, 7)];
    const at = JacobianAt.of(counted, point, { memoryBudget: 3999 });
    expect(await at.push(tangents, 7)).toEqual(pushed);
    (await at.pull(cotangents, 7)).forEach((x, i) => {
      expect(Math.abs(x - pulled[i]!)).toBeLessThan(1e-5);
    });
    expect(sizes).toEqual([3, 3, 1, 3, 3, 1]);
  });

  test("says which forms fit, and asks the engine for the value once", async () => {
    let evaluations = 0;
    const counted: DifferentiableMap = {
      ...tall,
      evaluate: (x, count) => {
        evaluations++;
        return tall.evaluate(x, count);
      },
    };
    const at = JacobianAt.of(counted, point, { memoryBudget: 50_000 });
    expect([at.fits("matrix"), at.fits("columns"), at.gramRoute]).toEqual([false, true, "columns"]);
    expect(await at.value()).toEqual(await at.value());
    expect(evaluations).toBe(1);
    await expect(at.matrix()).rejects.toMatchObject({ code: "MEMORY_BUDGET" });
    expect(() => JacobianAt.of(tall, point, { memoryBudget: 0 })).toThrow(/positive number of bytes/);
    expect(() => JacobianAt.of(tall, point.slice(1))).toThrow(/dimension 40/);
  });
});

test("the leading ones are preferred where iteration finds them, or the spectrum of all takes long", () => {
  const at = (n: number, m: number, memoryBudget?: number) => {
    const from = { name: "x", dim: n, shape: [n] };
    const to = { name: "y", dim: m, shape: [m] };
    const map = functionMap({ from, to, evaluate: () => new Float64Array(m) });
    return JacobianAt.of(map, new Float32Array(n), { memoryBudget });
  };
  expect(at(512, 2000).prefersLeading(32)).toBe(false);
  // 8 MB of Jacobian.
  expect(at(512, 2000, 2 ** 22).prefersLeading(32)).toBe(true);
  // 1000 products in several runs, where 196 are expected to do.
  expect(at(1000, 100_000).prefersLeading(32)).toBe(true);
  expect(at(1024, 100).prefersLeading(32)).toBe(false);
  expect(at(1025, 100).prefersLeading(32)).toBe(true);
});

describe("budgets", () => {
  const ends = (n: number, m: number, bytesPerTangent?: number) => ({
    from: { name: "x", dim: n, shape: [n] },
    to: { name: "y", dim: m, shape: [m] },
    bytesPerTangent,
  });

  test("a run takes what fits, one at least; eight where they are large, 64 MiB where they are small", () => {
    expect([99, 100, 199, 200, 1000].map((budget) => vectorsPerRun(100, budget))).toEqual([1, 1, 1, 2, 10]);
    expect([2 ** 23, 2 ** 23 + 1, 2 ** 22, 2 ** 40].map((bytes) => vectorsPerRun(bytes, 2 ** 60))).toEqual([
      8, 8, 16, 8,
    ]);
    expect(bytesPerVector(ends(2, 3))).toBe(20);
    expect(bytesPerVector(ends(2, 3, 21))).toBe(21);
  });

  test("what fits to the byte fits", () => {
    // Eight matrices of eight bytes an entry, and a vector of 20 bytes beside the Jacobian.
    expect([575, 576].map((budget) => metricFits(ends(3, 9), budget))).toEqual([false, true]);
    expect([64 * 6 + 19, 64 * 6 + 20].map((budget) => decompositionFits(ends(2, 3), budget))).toEqual([
      false,
      true,
    ]);
    // Triplets take 16 bytes for each coordinate of the longer side.
    expect(
      [0, 20 + 47, 20 + 95, 20 + 96, 20 + 144].map((budget) => tripletsThatFit(ends(2, 3), budget)),
    ).toEqual([1, 1, 1, 2, 3]);
  });

  test("bytes are told in the largest unit that is not above them", () => {
    expect([0, 1, 1023, 1024, 1536, 2 ** 20, 2 ** 30, 2 ** 40].map(bytesText)).toEqual([
      "0 bytes",
      "1 bytes",
      "1023 bytes",
      "1.00 KiB",
      "1.50 KiB",
      "1.00 MiB",
      "1.00 GiB",
      "1.02e+3 GiB",
    ]);
  });
});
