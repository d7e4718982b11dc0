import { readFileSync } from "node:fs";
import { type DirectionSet, defaultNames } from "@vielbein/core";
import { encodeDirections } from "@vielbein/core/directions-file";
import { type Matrix, matrix, orthogonal } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const space = { name: "w", dim: 12, shape: [12] };

function file(name: string, vectors: Matrix, changes: Partial<DirectionSet> = {}): string {
  const set = { space, vectors, names: defaultNames(vectors.cols), method: "test", ...changes };
  return scratch(name, encodeDirections(set));
}

/** Columns of one orthogonal matrix, so that angles between choices are 0 or π/2. */
function axes(...columns: number[]): Matrix {
  const { data } = orthogonal(1, 0, 12);
  return matrix(
    12,
    columns.length,
    Array.from({ length: 12 * columns.length }, (_, at) => {
      const [i, j] = [Math.floor(at / columns.length), at % columns.length];
      return data[i * 12 + columns[j]!]!;
    }),
  );
}

const first = file("first.safetensors", axes(0, 1, 2, 3));
const shared = file("shared.safetensors", axes(1, 0, 4, 5, 6));
const apart = file("apart.safetensors", axes(7, 8, 9, 10));

describe("vielbein compare", () => {
  it("has angles, distances, overlap and matches of every pair, and the null", async () => {
    const { code, stdout } = await vielbein("compare", first, shared, apart, "--json");
    expect(code).toBe(0);
    const { k, sets, pairs, haar, space: found } = JSON.parse(stdout);
    expect([k, found.name, sets.length, pairs.length]).toEqual([4, "w", 3, 3]);
    const [near, far] = pairs;
    expect([near.first, near.second, far.second]).toEqual([0, 1, 2]);
    const quarter = Math.PI / 2;
    near.angles.forEach((angle: number, i: number) => {
      expect(angle).toBeCloseTo([0, 0, quarter, quarter][i]!, 12);
    });
    expect(near.distances.geodesic).toBeCloseTo(Math.SQRT2 * quarter, 12);
    expect(near.overlap).toBeCloseTo(0.5, 12);
    expect(near.matches.slice(0, 2)).toMatchObject([
      { first: 0, second: 1, cosine: expect.closeTo(1, 12) },
      { first: 1, second: 0, cosine: expect.closeTo(1, 12) },
    ]);
    expect(far.overlap).toBeCloseTo(0, 12);
    // Uniform 4-dimensional subspaces of R^12 overlap by a third on average.
    expect(haar.overlap.mean).toBeGreaterThan(0.28);
    expect(haar.overlap.mean).toBeLessThan(0.39);
  });

  it("takes the leading --k, and the points of a file of basis", async () => {
    const { stdout } = await vielbein("compare", first, shared, "--k", "2", "--json");
    expect(JSON.parse(stdout).pairs[0].distances.geodesic).toBeLessThan(1e-12);
    const model = scratch("generator.onnx", generatorBytes);
    const bases = scratch("bases.npz");
    await vielbein("basis", model, "--samples", "3", "--k", "2", "--out", bases, "--quiet");
    const { sets, pairs } = JSON.parse((await vielbein("compare", bases, "--json")).stdout);
    expect(sets.map((set: { label: string }) => set.label)).toEqual([
      "bases.npz, point 0",
      "bases.npz, point 1",
      "bases.npz, point 2",
    ]);
    expect(pairs).toHaveLength(3);
    expect(pairs[0].distances.geodesic).toBeGreaterThan(0.01);
  });

  it("prints a table and draws the matrix", async () => {
    const plot = scratch("compare.svg");
    const { stdout } = await vielbein(
      "compare",
      first,
      shared,
      "--plot",
      plot,
      "--subspace-distance",
      "geodesic",
    );
    expect(stdout).toContain("w [12]");
    expect(stdout).toMatch(/first\.safetensors +shared\.safetensors +2\.2214/);
    expect(stdout).toContain("uniform (Haar)");
    expect(readFileSync(plot, "utf8")).toContain("shared.safetensors");
  });

  it("labels the matrix with the methods where each found one set", async () => {
    const plot = scratch("methods.svg");
    const weights = file("a.safetensors", axes(0, 1), { method: "SeFa" });
    const samples = file("b.safetensors", axes(2, 3), { method: "principal components" });
    await vielbein("compare", weights, samples, "--plot", plot);
    const svg = readFileSync(plot, "utf8");
    expect(svg).toContain(">principal components<");
    expect(svg).not.toContain("safetensors");
  });

  it("refuses different spaces, a single set, too large a k, dependent directions and other files", async () => {
    const failure = async (...argv: string[]) => {
      const { code, stderr } = await vielbein("compare", ...argv);
      return [code, stderr];
    };
    const z = file("z.safetensors", axes(0, 1), { space: { ...space, name: "z" } });
    expect(await failure(first, z)).toEqual([
      65,
      expect.stringMatching(
        /"first.safetensors" holds directions of w \[12\], "z.safetensors" .* of z \[12\]/,
      ),
    ]);
    expect(await failure(first)).toEqual([2, expect.stringMatching(/nothing to be compared with/)]);
    const repeated = file("repeated.safetensors", axes(0, 0));
    expect(await failure(first, repeated)).toEqual([2, expect.stringMatching(/span 1 dimensions only/)]);
    expect(await failure(first, scratch("text.safetensors", "text"))).toEqual([
      65,
      expect.stringMatching(/not a directions file/),
    ]);
    expect(await failure(first, "absent.safetensors")).toEqual([66, expect.stringMatching(/cannot read/i)]);
  });
});
