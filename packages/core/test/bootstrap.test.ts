// The bootstrap of samples whose members are not independent, and what it refuses.

import { normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { bootstrap, bootstrapValues, intervalOf } from "../src/statistics/index.ts";
import { distortion } from "../src/tangent-spaces/index.ts";

const mean = (values: ArrayLike<number>) => (members: Int32Array) =>
  members.reduce((sum, i) => sum + values[i]!, 0) / members.length;

describe("clusters", () => {
  // 12 clusters of 10 members that are all alike: there are 12 independent numbers, not 120.
  const effects = normal(1, 0, 12);
  const values = Float64Array.from({ length: 120 }, (_, i) => effects[i % 12]!);
  const clusters = Int32Array.from(values, (_, i) => i % 12);

  test("the standard error is that of the clusters", () => {
    const own = bootstrap(12, mean(effects), { resamples: 4000 });
    const together = bootstrap(120, mean(values), { resamples: 4000, clusters });
    const apart = bootstrap(120, mean(values), { resamples: 4000 });
    expect(together.standardError / own.standardError).toBeCloseTo(1, 1);
    expect(apart.standardError / own.standardError).toBeCloseTo(1 / Math.sqrt(10), 1);
  });

  test("clusters of one member are no clusters", () => {
    const each = Int32Array.from(effects.keys(), (i) => 100 - i);
    expect(bootstrap(12, mean(effects), { clusters: each })).toEqual(bootstrap(12, mean(effects)));
  });

  test("a cluster is drawn whole, also where clusters differ in size", () => {
    const sizes = new Map([
      [5, 3],
      [7, 1],
    ]);
    bootstrapValues(
      4,
      (members) => {
        const counts = [0, 1, 2, 3].map((i) => members.filter((m) => m === i).length);
        expect([counts[1], counts[2]]).toEqual([counts[0], counts[0]]);
        expect(counts[0]! + counts[3]!).toBe(sizes.size);
        return 0;
      },
      { resamples: 50, clusters: [5, 5, 5, 7] },
    );
  });

  test("Distortion of several networks takes them along where pairs have none", () => {
    const of = (distance: number) => ({ distance, k: 1 });
    const samples = Array.from({ length: 40 }, (_, i) => ({
      random: i === 3 ? undefined : of(1 + (i % 4)),
      near: of(1),
    }));
    const each = samples.map((_, i) => i % 4);
    const [low, high] = distortion(samples, { clusters: each }).interval!;
    const apart = distortion(samples).interval!;
    expect(high - low).toBeGreaterThan(2 * (apart[1] - apart[0]));
  });
});

test("values are ascending, and the interval is their middle 95 %", () => {
  const values = bootstrapValues(10, mean(normal(3, 0, 10)), { resamples: 500 });
  expect(values).toEqual(values.toSorted());
  expect(bootstrap(10, mean(normal(3, 0, 10)), { resamples: 500 }).interval).toEqual(intervalOf(values));
  expect(intervalOf(Float64Array.from({ length: 1001 }, (_, i) => i))).toEqual([25, 975]);
});

test.each([
  [0, {}, "INVALID_ARGUMENT"],
  [-1, {}, "INVALID_ARGUMENT"],
  [2.5, {}, "INVALID_ARGUMENT"],
  [4, { resamples: 1 }, "INVALID_ARGUMENT"],
  [4, { resamples: Number.NaN }, "INVALID_ARGUMENT"],
  [4, { clusters: [1, 1, 2] }, "SHAPE_MISMATCH"],
])("refuses %s members with %o", (count, options, code) => {
  expect(() => bootstrap(count, () => 0, options)).toThrow(expect.objectContaining({ code }));
});

test("one member is enough: it is drawn every time", () => {
  expect(bootstrap(1, mean([3]))).toEqual({ standardError: 0, interval: [3, 3] });
});
