import { readFileSync } from "node:fs";
import { decodeDirections } from "@vielbein/core/directions-file";
import { subspaceAngles } from "@vielbein/core/grassmann";
import { leadingColumns, normal } from "@vielbein/linalg";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node } from "./models.ts";
import { interruptedAt, scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);
const common = ["--to", "hidden", "--samples", "6", "--held-out", "4", "--pca-samples", "200"];

/** z [n, 4] → y [n, 6], linear: its tangent spaces are all the same. */
const linear = scratch(
  "linear.onnx",
  encodeModel(
    model({
      nodes: [node("Gemm", ["z", "w"], ["y"])],
      initializers: [floats("w", [4, 6])],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    }),
  ),
);

async function directionsOf(...argv: string[]) {
  const out = scratch("found.safetensors");
  const { code, stdout, stderr } = await vielbein("frechet", ...argv, "--out", out, "--json");
  expect([code, stderr]).toEqual([0, expect.stringContaining("wrote")]);
  return { set: decodeDirections(readFileSync(out)), found: JSON.parse(stdout) };
}

describe("vielbein frechet", () => {
  it("of a linear map has the directions of every local basis", async () => {
    const { set, found } = await directionsOf(linear, "--k", "3", "--held-out", "5");
    const local = scratch("local.npz");
    expect((await vielbein("basis", linear, "--out", local)).code).toBe(0);
    expect(set).toMatchObject({ method: "Fréchet basis", space: { name: "y" }, names: ["d0", "d1", "d2"] });
    expect(Math.min(...found.agreement)).toBeGreaterThan(1 - 1e-6);
    expect(found.subspace).toMatchObject({ unique: true, radius: expect.closeTo(0, 5) });
    expect(found.converged).toBe(true);
    const [own, ...others] = found.fits;
    expect(own).toMatchObject({ name: "Fréchet basis", mean: expect.closeTo(0, 5) });
    expect(others.at(-1).name).toBe("uniform (Haar)");
    expect(others.at(-1).mean).toBeGreaterThan(0.5);
  });

  it("fits held-out tangent spaces better than uniform subspaces do, and says what it assumes", async () => {
    const plot = scratch("agreement.svg");
    const { code, stdout } = await vielbein("frechet", path, ...common, "--k", "2", "--plot", plot);
    expect(code).toBe(0);
    expect(stdout).toMatch(/direction +agreement\nd0 +0\.\d{3}\nd1 +0\.\d{3}\n/);
    expect(stdout).toContain("at 4 further samples");
    const { found } = await directionsOf(path, ...common, "--k", "2");
    const [own, principal, factorized, uniform] = found.fits;
    const drawn = readFileSync(plot, "utf8");
    for (const text of ["agreement of local bases", "uniform bases", `${own.mean.toFixed(2)} rad from`]) {
      expect(drawn).toContain(text);
    }
    expect([principal.name, factorized.name]).toEqual(["principal components", "SeFa"]);
    expect(own.mean).toBeLessThan(uniform.mean - 3 * uniform.standardDeviation);
    expect([own.excess, uniform.excess]).toEqual([undefined, undefined]);
    for (const { mean, excess } of [principal, factorized]) {
      expect(excess.mean).toBeCloseTo(mean - own.mean, 12);
      expect(excess.interval[0]).toBeLessThanOrEqual(excess.mean);
      expect(excess.interval[1]).toBeGreaterThanOrEqual(excess.mean);
    }
    expect(stdout).toMatch(/SeFa +\d\.\d{3} +0\.\d{3} +-?\d\.\d{3} \(-?\d\.\d{3} to -?\d\.\d{3}\)/);
    expect(found.provenance).toMatchObject({ method: "Fréchet basis", options: { k: 2, heldOut: 4 } });
  });

  it("--refine keeps the span of other directions", async () => {
    const components = scratch("pca.safetensors");
    const pca = ["pca", path, "--to", "hidden", "--samples", "200", "--out", components];
    expect((await vielbein(...pca)).code).toBe(0);
    const { set, found } = await directionsOf(path, ...common, "--k", "3", "--refine", components);
    const { vectors } = decodeDirections(readFileSync(components));
    expect(Math.max(...subspaceAngles(set.vectors, leadingColumns(vectors, 3)))).toBeLessThan(1e-7);
    expect(found.subspace).toBeUndefined();
    expect(found.provenance.options.refine).toBe(components);
  });

  it("refuses directions of another space, and leaves the fit out where no samples are drawn", async () => {
    const directions = scratch("random.safetensors");
    expect((await vielbein("random", path, "--out", directions)).code).toBe(0);
    const refused = await vielbein("frechet", path, ...common, "--refine", directions);
    expect([refused.code, refused.stderr]).toEqual([
      65,
      expect.stringMatching(/live in z \[4\], and must live in --to, hidden \[16\]/),
    ]);
    const points = scratch("points.npy", writeNpy({ shape: [3, 4], data: normal(7, 0, 12) }));
    const given = await vielbein("frechet", path, "--to", "hidden", "--points", points, "--json");
    expect(given.code).toBe(0);
    expect(JSON.parse(given.stdout).fits).toEqual([]);
  });

  it("averages only directions that the Jacobian has, and refuses a map that does not move", async () => {
    const onto = (name: string, weights: Float32Array) => {
      const w = { name: "w", dims: [4, 6], dataType: DataType.FLOAT, raw: new Uint8Array(weights.buffer) };
      const graph = {
        nodes: [node("Gemm", ["z", "w"], ["y"])],
        initializers: [w],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT }],
      };
      return scratch(name, encodeModel(model(graph)));
    };
    const outer = Float32Array.from({ length: 24 }, (_, at) =>
      at < 12 ? Math.sin(at + 1) : Math.sin(at - 11),
    );
    const deficient = await vielbein("frechet", onto("deficient.onnx", outer), "--json");
    expect(deficient.stderr).toMatch(/only 2 directions .* 2 are averaged, not 4/);
    expect(JSON.parse(deficient.stdout)).toMatchObject({
      agreement: [expect.closeTo(1, 6), expect.closeTo(1, 6)],
      provenance: { options: { k: 2 } },
    });
    const still = await vielbein("frechet", onto("still.onnx", new Float32Array(24)));
    expect([still.code, still.stderr]).toEqual([70, expect.stringContaining("is 0 at point 0")]);
    const one = await vielbein(
      "frechet",
      linear,
      "--points",
      scratch("one.npy", writeNpy({ shape: [4], data: normal(7, 0, 4) })),
    );
    expect([one.code, one.stderr]).toEqual([2, expect.stringContaining("two points or more, got 1")]);
    const edge = await vielbein(
      "frechet",
      linear,
      "--seed",
      String(Number.MAX_SAFE_INTEGER),
      "--held-out",
      "0",
      "--samples",
      "2",
    );
    expect(edge.stderr).not.toContain("9007199254740992");
  });

  it("takes as many directions as there are, and ends when interrupted", async () => {
    const many = await vielbein("frechet", path, ...common, "--k", "9", "--json");
    expect([many.code, many.stderr.includes("--k: there are 4, not 9")]).toEqual([0, true]);
    const cut = await interruptedAt(
      /local bases .* 2\/2000$/,
      "frechet",
      path,
      ...common,
      "--samples",
      "2000",
    );
    expect(cut.code).toBe(130);
  });
});
