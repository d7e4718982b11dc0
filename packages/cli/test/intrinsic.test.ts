// vielbein intrinsic: clouds from files and from models, what is said of them, and what is refused.

import { existsSync, readFileSync } from "node:fs";
import { ESTIMATOR_NAMES } from "@vielbein/core/intrinsic-dimension";
import { normal, orthogonal, uniform } from "@vielbein/linalg";
import { readNpz, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node, styled } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const N = 300;
const rows = (point: (i: number) => ArrayLike<number>, count = N) =>
  Float64Array.from(Array.from({ length: count }, (_, i) => Array.from(point(i))).flat());

// A square in four dimensions, and the same as pictures of 2 × 2.
const square = rows((i) => {
  const [a, b] = uniform(1, i, 2);
  return [a!, b!, a! - b!, 0.5];
});
const cloud = scratch("square.npy", writeNpy({ shape: [N, 4], data: square }));

const json = async (...argv: string[]) => {
  const { code, stdout, stderr } = await vielbein("intrinsic", ...argv, "--json");
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("vielbein:")]);
  return JSON.parse(stdout);
};

interface Estimate {
  estimator: string;
  dimension: number | null;
  reason?: string;
  gaussian?: { known: number; estimated: number | null };
  perPoint?: { median: number; low: number; high: number; count: number; estimates: (number | null)[] };
}

const byName = (found: { estimates: Estimate[] }) =>
  Object.fromEntries(found.estimates.map((estimate) => [estimate.estimator, estimate]));

describe("a file of points", () => {
  it("is estimated by all estimators, each beside its Gaussian", async () => {
    const found = await json(cloud);
    const estimates = byName(found);
    expect(Object.keys(estimates)).toEqual(ESTIMATOR_NAMES);
    for (const name of ["mle", "twonn", "mom", "mada", "tle", "ess", "correlation-integral"]) {
      const { dimension, gaussian } = estimates[name]!;
      expect(dimension, name).toBeGreaterThan(1.6);
      expect(dimension, name).toBeLessThan(2.5);
      expect([gaussian!.known, gaussian!.estimated! > 1.6, gaussian!.estimated! < 2.5]).toEqual([
        2,
        true,
        true,
      ]);
    }
    expect(estimates["pca-maxgap"]!.dimension).toBe(2);
    expect(found).toMatchObject({ points: N, distinct: N, coordinates: 4, jacobians: [] });
    expect(found.provenance).toMatchObject({
      method: "intrinsic dimension",
      shape: [N, 4],
      points: { file: "square.npy", count: N },
      options: { seed: 0 },
    });
  });

  it("may hold points of any shape, in an archive, in any type", async () => {
    const chosen = ["--estimators", "mle,fishers"];
    const expected = (await json(cloud, ...chosen)).estimates;
    const pictures = { shape: [N, 2, 2], data: square };
    const two = scratch("two.npz", writeNpz({ pictures, labels: { shape: [N], data: new Int32Array(N) } }));
    expect((await json(two, ...chosen)).estimates).toEqual(expected);
    expect((await json(`${two}:pictures`, ...chosen)).estimates).toEqual(expected);
    const single = scratch("single.npy", writeNpy({ shape: [N, 4], data: Float32Array.from(square) }));
    const [mle] = (await json(single, ...chosen)).estimates;
    expect(mle.dimension).toBeCloseTo(expected[0].dimension, 5);
  });

  it("tells of points that occur again, and gives each of them its estimate", async () => {
    const twice = scratch(
      "twice.npy",
      writeNpy({ shape: [2 * N, 4], data: Float64Array.of(...square, ...square) }),
    );
    const chosen = ["--estimators", "mle", "--per-point"];
    const [once, again] = [await json(cloud, ...chosen), await json(twice, ...chosen)];
    expect(again).toMatchObject({ points: 2 * N, distinct: N });
    const { dimension, perPoint } = again.estimates[0];
    expect(dimension).toBe(once.estimates[0].dimension);
    const { estimates } = once.estimates[0].perPoint;
    expect(perPoint.estimates).toEqual([...estimates, ...estimates]);
    const { stdout } = await vielbein("intrinsic", twice, "--estimators", "mle");
    expect(stdout).toContain("300 points are equal to earlier ones, and are left out");
  });

  it("the number of neighbours is that of --neighbours", async () => {
    const [few, many] = [await json(cloud, "--neighbours", "5"), await json(cloud, "--neighbours", "299")];
    expect(byName(few).mle!.dimension).not.toBe(byName(many).mle!.dimension);
    const { mle, ess } = byName(await json(cloud, "--neighbours", "300"));
    for (const { dimension, reason, gaussian } of [mle!, ess!]) {
      expect([dimension, gaussian]).toEqual([null, undefined]);
      expect(reason).toBe("needs more than 300 distinct points, there are 300");
    }
  });

  it("prints a table, with the reasons of dashes", async () => {
    const small = scratch("small.npy", writeNpy({ shape: [30, 4], data: square.slice(0, 120) }));
    const { code, stdout } = await vielbein("intrinsic", small);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^small\.npy \[30, 4\] {2}30 points\nestimator +neighbours +dimension {2}Gaussian: known → estimated\n/,
    );
    expect(stdout).toMatch(/\nMLE +20 +\d\.\d\d {2}\d → \d\.\d\d\n/);
    expect(stdout).toMatch(/\nESS +100 +– {2}–\n/);
    expect(stdout).toMatch(/\nESS: needs more than 100 distinct points, there are 30\n/);
    expect(stdout).not.toContain("NaN");
  });

  it("writes the estimates at the points, and draws them", async () => {
    const [out, plot] = [scratch("local.npz"), scratch("intrinsic.svg")];
    const argv = ["--estimators", "mle,twonn,mom", "--out", out, "--plot", plot, "--per-point"];
    const { estimates } = await json(cloud, ...argv);
    const arrays = readNpz(readFileSync(out));
    expect(Object.keys(arrays)).toEqual(["mle", "mom", "provenance"]);
    expect(arrays.mle!.shape).toEqual([N]);
    expect(Array.from(arrays.mle!.data as Float64Array)).toEqual(estimates[0].perPoint.estimates);
    expect(estimates[1].perPoint).toBeUndefined();
    const figure = readFileSync(plot, "utf8");
    for (const text of ["MLE", "TwoNN", "MOM", "the same of a Gaussian", "at the points"]) {
      expect(figure).toContain(text);
    }
  });
});

describe("a model", () => {
  // Codes of four numbers, of which the output shows two, curved.
  const flat = scratch(
    "flat.onnx",
    encodeModel(
      model({
        nodes: [node("Gemm", ["z", "W"], ["h"]), node("Tanh", ["h"], ["t"]), node("Gemm", ["t", "V"], ["x"])],
        initializers: [floats("W", [4, 2], 2, 0.3), floats("V", [2, 6])],
        inputs: [{ name: "z", dataType: 1, shape: ["n", 4] }],
        outputs: [{ name: "x", dataType: 1 }],
      }),
    ),
  );
  const chosen = ["--estimators", "mle,twonn,ess,pca-maxgap"];

  it("a cloud of samples, with the local dimension of the Jacobian beside", async () => {
    const found = await json(flat, ...chosen, "--samples", "400");
    const estimates = byName(found);
    for (const name of ["mle", "twonn", "ess"]) {
      expect(Math.abs(estimates[name]!.dimension! - 2), name).toBeLessThan(0.35);
    }
    expect(estimates["pca-maxgap"]!.dimension).toBe(2);
    expect(found.jacobians.map(({ dimension }: { dimension: number }) => dimension)).toEqual([2, 2, 2]);
    expect(found.provenance).toMatchObject({
      from: { name: "z" },
      to: { name: "x" },
      points: { seed: 0, first: 0, count: 400 },
      options: { jacobians: 3, routes: ["matrix"] },
    });
  });

  it("a ball about a code, and the Jacobian at its centre", async () => {
    const argv = [...chosen, "--samples", "400", "--radius", "0.01", "--sample", "3"];
    const found = await json(flat, ...argv);
    expect(Math.abs(byName(found).mle!.dimension! - 2)).toBeLessThan(0.35);
    expect(found.jacobians).toHaveLength(1);
    expect(found.provenance).toMatchObject({ points: { first: 3, count: 1 }, options: { radius: 0.01 } });
    const { stdout } = await vielbein("intrinsic", flat, ...argv);
    expect(stdout).toMatch(/seed 0, 400 points within 0\.01 of sample 3\n/);
    expect(stdout).toMatch(/local dimension of the Jacobian at 1 point: 2\n/);
  });

  it("ends at the tensor of --to; a file has the points of --points", async () => {
    const file = scratch("styled.onnx", encodeModel(styled()));
    const { provenance, coordinates } = await json(
      file,
      "--to",
      "w",
      "--samples",
      "50",
      "--jacobians",
      "0",
      ...chosen,
    );
    expect([provenance.to.name, coordinates]).toEqual(["w", provenance.to.dim]);
    const codes = scratch("codes.npy", writeNpy({ shape: [40, 4], data: rows((i) => normal(7, i, 4), 40) }));
    const found = await json(flat, "--points", codes, ...chosen, "--jacobians", "1");
    expect(found).toMatchObject({ points: 40, provenance: { points: { file: "codes.npy", count: 40 } } });
    expect(found.jacobians).toHaveLength(1);
  });
});

it("says why the Jacobian has no local dimension", async () => {
  const turned = scratch(
    "turned.onnx",
    encodeModel(
      model({
        nodes: [node("MatMul", ["z", "Q"], ["x"])],
        initializers: [
          {
            name: "Q",
            dims: [40, 40],
            dataType: 1,
            raw: new Uint8Array(Float32Array.from(orthogonal(1, 0, 40).data).buffer),
          },
        ],
        inputs: [{ name: "z", dataType: 1, shape: ["n", 40] }],
        outputs: [{ name: "x", dataType: 1 }],
      }),
    ),
  );
  const argv = ["intrinsic", turned, "--samples", "50", "--estimators", "mle", "--jacobians", "1"];
  const { stdout } = await vielbein(...argv);
  expect(stdout).toContain("Jacobian at 1 point: – (–: its spectrum looks like noise alone");
});

describe("refuses", () => {
  const npy = (name: string, shape: number[], data: Float64Array) => scratch(name, writeNpy({ shape, data }));
  const path = scratch("generator.onnx", generatorBytes);
  it.each<[string, string[], number, RegExp]>([
    [
      "a list of numbers",
      [npy("line.npy", [4], square.slice(0, 4))],
      65,
      /CLOUD: ".*line\.npy" has shape \[4\]/,
    ],
    ["no points", [npy("none.npy", [0, 4], new Float64Array())], 65, /has shape \[0,4\]/],
    ["NaN", [npy("nan.npy", [2, 2], Float64Array.of(1, 2, Number.NaN, 4))], 65, /NaN in row 1, coordinate 0/],
    [
      "integers that float64 does not hold",
      [scratch("large.npy", writeNpy({ shape: [2, 1], data: BigInt64Array.of(5n, -(2n ** 53n)) }))],
      65,
      /CLOUD: ".*large\.npy" has the integer -9007199254740992, and beyond/,
    ],
    ["a file that is not there", [scratch("absent.npy")], 66, /cannot read/],
    ["options of models", [cloud, "--radius", "1"], 2, /--radius: ".*square\.npy" is a file of points/],
    ["a centre without a ball", [path, "--sample", "2"], 2, /--sample: .*--radius/],
    ["an estimator that there is not", [cloud, "--estimators", "mle,pca"], 2, /Expected some of mle, twonn/],
    ["a budget that is too small", [cloud, "--memory", "10K"], 75, /300 points of 4 coordinates/],
    ["points without estimates", [cloud, "--estimators", "twonn", "--per-point"], 2, /defined at a point/],
  ])("%s", async (_, argv, status, message) => {
    const { code, stdout, stderr } = await vielbein("intrinsic", ...argv);
    expect([code, stdout, stderr]).toEqual([status, "", expect.stringMatching(message)]);
  });

  it("to replace the cloud", async () => {
    const { code, stderr } = await vielbein("intrinsic", cloud, "--out", cloud);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/is what CLOUD reads/)]);
    expect(existsSync(cloud)).toBe(true);
  });
});

it("one point, and equal ones: no estimate, and why", async () => {
  const equal = scratch("equal.npy", writeNpy({ shape: [5, 2], data: new Float64Array(10).fill(3) }));
  const { code, stdout } = await vielbein("intrinsic", equal);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/: all points are equal\n$/)]);
  expect(stdout).toContain("4 points are equal to earlier ones");
  const plot = scratch("nothing.svg");
  const drawn = await vielbein("intrinsic", equal, "--plot", plot);
  expect([drawn.code, drawn.stdout, existsSync(plot)]).toEqual([70, stdout, false]);
  expect(drawn.stderr).toMatch(/nothing to draw/);
});
