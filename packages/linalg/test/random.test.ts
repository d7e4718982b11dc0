import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normal, uniform } from "../src/index.ts";
import { philox4x32 } from "../src/random/philox.ts";
import { absoluteError, expectError } from "./helpers.ts";

describe("Philox4x32-10", () => {
  it.each([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ])("gives the known answer of Random123 for counter %j", (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox4x32(out, Uint32Array.from(counter), Uint32Array.from(key));
    expect(Array.from(out, (word) => word.toString(16).padStart(8, "0")).join(" ")).toBe(expected);
  });

  it("multiplies 32-bit words as BigInt does: one round against exact arithmetic", () => {
    const word = fc.nat(0xffffffff);
    fc.assert(
      fc.property(word, word, word, word, word, word, (...words) => {
        const [c0, c1, c2, c3, k0, k1] = words.map(BigInt) as [
          bigint,
          bigint,
          bigint,
          bigint,
          bigint,
          bigint,
        ];
        let state = [c0, c1, c2, c3] as const;
        let key = [k0, k1] as const;
        const mask = 0xffffffffn;
        for (let round = 0; round < 10; round++) {
          const first = 0xd2511f53n * state[0];
          const second = 0xcd9e8d57n * state[2];
          state = [
            (second >> 32n) ^ state[1] ^ key[0],
            second & mask,
            (first >> 32n) ^ state[3] ^ key[1],
            first & mask,
          ];
          key = [(key[0] + 0x9e3779b9n) & mask, (key[1] + 0xbb67ae85n) & mask];
        }
        const out = new Uint32Array(4);
        philox4x32(out, Uint32Array.from(words.slice(0, 4)), Uint32Array.from(words.slice(4)));
        expect(Array.from(out, BigInt)).toEqual([...state]);
      }),
    );
  });
});

describe("samples", () => {
  it("a longer sample begins with the shorter one", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.maxSafeNat(),
        fc.nat(50),
        fc.nat(50),
        (seed, index, a, b) => {
          for (const draw of [uniform, normal]) {
            const longer = draw(seed, index, Math.max(a, b));
            expect(draw(seed, index, Math.min(a, b))).toEqual(longer.subarray(0, Math.min(a, b)));
          }
        },
      ),
    );
  });

  it("seed and index enter with all their bits", () => {
    const inputs: [number | bigint, number][] = [
      [0, 0],
      [1, 0],
      [2n ** 32n, 0],
      [2n ** 63n, 0],
      [0, 1],
      [0, 2 ** 32],
      [0, 2 ** 52],
    ];
    const firsts = inputs.map(([seed, index]) => normal(seed, index, 1)[0]);
    expect(new Set(firsts).size).toBe(inputs.length);
    expect(normal(5n, 3, 4)).toEqual(normal(5, 3, 4));
  });

  it("is fixed for all time", () => {
    // From the known answer for key and counter zero: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    const first = (0x6627e8d5 >>> 5) * 2 ** 26 + (0xe169c58d >>> 6);
    const second = (0xbc57ac4c >>> 5) * 2 ** 26 + (0x9b00dbd8 >>> 6);
    expect(uniform(0, 0, 2)).toEqual(new Float64Array([first / 2 ** 53, second / 2 ** 53]));
    const expected = [-1.8045566655837295, -1.078351942930327, -1.475619250545846];
    expect(absoluteError(normal(1, 0, 3), expected)).toBeLessThan(1e-14);
  });

  it("maps uniforms to [low, high)", () => {
    const unit = uniform(3, 1, 1000);
    expect(unit.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(uniform(3, 1, 1000, { low: -1, high: 1 })).toEqual(unit.map((x) => -1 + 2 * x));
  });

  it("checks its arguments", () => {
    for (const seed of [-1, 0.5, 2 ** 53, Number.NaN, -1n, 2n ** 64n]) {
      expectError(() => normal(seed, 0, 1), "INVALID_ARGUMENT", /normal: seed .* got/);
    }
    expectError(() => normal(0, -1, 1), "INVALID_ARGUMENT", /normal: index .* got -1/);
    expectError(() => uniform(0, 0, 1.5), "INVALID_ARGUMENT", /uniform: length .* got 1.5/);
    for (const [low, high] of [
      [1, 1],
      [2, 1],
      [Number.NaN, 1],
      [-1e308, 1e308],
      [0, Number.POSITIVE_INFINITY],
    ]) {
      expectError(() => uniform(0, 0, 1, { low: low!, high: high! }), "INVALID_ARGUMENT", /low must be less/);
    }
  });
});

describe("distributions, on 1e5 numbers of a fixed seed (bounds: 4 standard errors)", () => {
  const count = 100_000;
  const mean = (x: ArrayLike<number>, f: (x: number, i: number) => number) =>
    Array.from(x).reduce((sum, value, i) => sum + f(value, i), 0) / x.length;
  const near = (actual: number, expected: number, variance: number) =>
    expect(Math.abs(actual - expected)).toBeLessThan(4 * Math.sqrt(variance / count));

  it("uniform: moments and equal bins", () => {
    const x = uniform(42, 0, count);
    near(
      mean(x, (v) => v),
      1 / 2,
      1 / 12,
    );
    near(
      mean(x, (v) => v * v),
      1 / 3,
      4 / 45,
    );
    const bins = new Array<number>(64).fill(0);
    for (const v of x) bins[Math.floor(v * 64)]! += 1;
    const chiSquare = bins.reduce((sum, n) => sum + (n - count / 64) ** 2 / (count / 64), 0);
    // 63 degrees of freedom: mean 63, standard deviation 11.2.
    expect(Math.abs(chiSquare - 63)).toBeLessThan(4 * Math.sqrt(126));
  });

  it("normal: moments up to the fourth, and the share within one standard deviation", () => {
    const x = normal(42, 1, count);
    near(
      mean(x, (v) => v),
      0,
      1,
    );
    near(
      mean(x, (v) => v ** 2),
      1,
      2,
    );
    near(
      mean(x, (v) => v ** 3),
      0,
      15,
    );
    near(
      mean(x, (v) => v ** 4),
      3,
      96,
    );
    near(
      mean(x, (v) => (Math.abs(v) < 1 ? 1 : 0)),
      0.6826894921,
      0.2166,
    );
  });

  it("is independent across indices, seeds and neighbouring coordinates", () => {
    const x = normal(7, 100, count);
    for (const other of [normal(7, 101, count), normal(8, 100, count)]) {
      near(
        mean(x, (v, i) => v * other[i]!),
        0,
        1,
      );
      near(
        mean(x, (v, i) => (v * v - 1) * (other[i]! ** 2 - 1)),
        0,
        4,
      );
    }
    for (const lag of [1, 2])
      near(
        mean(x.subarray(lag), (v, i) => v * x[i]!),
        0,
        1,
      );
    const firsts = Float64Array.from({ length: count }, (_, index) => normal(7, index, 1)[0]!);
    near(
      mean(firsts, (v) => v),
      0,
      1,
    );
    near(
      mean(firsts, (v) => v * v),
      1,
      2,
    );
    near(
      mean(firsts.subarray(1), (v, i) => v * firsts[i]!),
      0,
      1,
    );
  });
});
