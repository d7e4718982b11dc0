import { readFileSync } from "node:fs";
import { normal } from "@vielbein/linalg";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);

const json = async (file: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein("dimension", file, "--quiet", "--json", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

/** Where tanh does not saturate. */
const centre = ["--prior", "uniform:-0.3,0.3"];

/** z [n, 40] → h [n, 6] → tanh → y [n, 60]: a bottleneck of width 6. */
const bottleneck = scratch(
  "bottleneck.onnx",
  encodeModel(
    model({
      nodes: [
        node("Gemm", ["z", "w1"], ["h"]),
        node("Tanh", ["h"], ["t"]),
        node("Gemm", ["t", "w2"], ["y"]),
        node("Tanh", ["y"], ["image"]),
      ],
      initializers: [floats("w1", [40, 6]), floats("w2", [6, 60], 2)],
      inputs: [{ name: "z", dataType: 1, shape: ["n", 40] }],
      outputs: [{ name: "image", dataType: 1 }],
    }),
  ),
);

describe("vielbein dimension", () => {
  it("prints dimension, status and companions for every layer and point, with provenance", async () => {
    const result = await json(path, "--every-layer", "--samples", "3", "--seed", "5");
    expect(result.layers.map(({ to }: { to: { name: string; dim: number } }) => [to.name, to.dim])).toEqual([
      ["hidden", 16],
      ["image", 192],
    ]);
    for (const { points } of result.layers) {
      expect(points.map((point: { index: number }) => point.index)).toEqual([0, 1, 2]);
      for (const point of points) {
        expect(["ok", "flat", "no-noise-tail", "noise-free"]).toContain(point.status);
        expect(point.dimension === null).toBe(point.status === "flat");
        for (const rank of [point.participationRatio, point.effectiveRank, point.stableRank]) {
          expect(rank).toBeGreaterThanOrEqual(1);
          expect(rank).toBeLessThanOrEqual(4);
        }
        expect(point.kept).toBe(4);
      }
    }
    expect(result).toMatchObject({ threshold: 0.01, alpha: 0.5, convention: "input" });
    expect(result.provenance).toMatchObject({
      method: "local dimension",
      points: { seed: 5, count: 3 },
      to: { name: "image" },
      options: { layers: ["hidden", "image"], points: 3, untrained: 0 },
    });
  });

  it("finds the width of a bottleneck", async () => {
    const { layers } = await json(bottleneck, "--to", "t", "image", "--samples", "4", ...centre);
    const found = layers.map(({ points }: { points: { dimension: number; status: string }[] }) =>
      points.map(({ dimension }) => dimension),
    );
    // In float32 what lies behind the bottleneck is 1e-7 of the first.
    expect(found[1]).toEqual([6, 6, 6, 6]);
    expect(layers[1].points[0].status).toMatch(/noise-free|no-noise-tail/);
  });

  it("counts signal, and neither noise nor the inputs that move nothing behind it", async () => {
    // Of 80 inputs 5 move the 60 outputs much, 45 a little, and 30 not at all.
    const sizes = Float64Array.from({ length: 80 }, (_, i) => (i < 5 ? 3 - 0.4 * i : i < 50 ? 0.05 : 0));
    const weights = Float32Array.from(normal(3, 0, 80 * 60), (x, at) => x * sizes[Math.floor(at / 60)]!);
    const raw = new Uint8Array(weights.buffer);
    const file = scratch(
      "dead.onnx",
      encodeModel(
        model({
          nodes: [node("Gemm", ["z", "w"], ["y"])],
          initializers: [{ name: "w", dims: [80, 60], dataType: 1, raw }],
          inputs: [{ name: "z", dataType: 1, shape: ["n", 80] }],
          outputs: [{ name: "y", dataType: 1 }],
        }),
      ),
    );
    for (const threshold of ["0.001", "0.01", "0.05"]) {
      const { layers } = await json(file, "--samples", "1", "--threshold", threshold);
      const [point] = layers[0].points;
      expect([threshold, point.dimension, point.deadInputs]).toEqual([threshold, 5, 30]);
      expect(point.tested).toBeLessThanOrEqual(point.kept);
    }
  });

  it("says by which route the budget made it go, and within one route the budget changes nothing", async () => {
    // A tangent takes 7680 bytes, the decomposition of the matrix 49152 more, the columns 3072.
    const at = async (memory: string) => {
      const { layers } = await json(path, "--samples", "1", "--memory", memory);
      const { route, largestSingularValue } = layers[0].points[0];
      return { route, largestSingularValue };
    };
    const whole = await at("2G");
    expect(whole.route).toBe("matrix");
    expect(await at("57000")).toEqual(whole);
    expect(await at("60000")).toEqual(whole);
    const columns = await at("11000");
    expect(columns.route).toBe("columns");
    expect(columns.largestSingularValue / whole.largestSingularValue).toBeCloseTo(1, 13);
    const products = await at("7700");
    expect(products.route).toBe("products");
    expect(await at("10000")).toEqual(products);
    expect(products.largestSingularValue / whole.largestSingularValue).toBeCloseTo(1, 5);
    const remark = "below 1e-3 of the first they are rounding";
    expect((await vielbein("dimension", path, "--memory", "8000")).stdout).toContain(remark);
    expect((await vielbein("dimension", path, "--memory", "11000")).stdout).not.toContain(remark);
    // One layer of which it is true is enough.
    const two = await json(path, "--every-layer", "--samples", "1", "--memory", "8000");
    const routes = two.layers.map(({ points }: { points: { route: string }[] }) => points[0]!.route);
    expect(routes.map((route: string) => route === "products")).toEqual([false, true]);
    const table = await vielbein("dimension", path, "--every-layer", "--samples", "1", "--memory", "8000");
    expect(table.stdout).toContain(remark);
  });

  it("agrees with the singular values of basis", async () => {
    const out = scratch("dimension.npz");
    await vielbein("dimension", path, "--to", "hidden", "image", "--samples", "2", "--out", out);
    const file = readNpz(readFileSync(out));
    expect(Array.from(file.layer!.data as Float64Array)).toEqual([0, 0, 1, 1]);
    expect(Array.from(file.index!.data as Float64Array)).toEqual([0, 1, 0, 1]);
    const { points } = JSON.parse((await vielbein("basis", path, "--samples", "2", "--json")).stdout);
    const values = (file.singular_values!.data as Float64Array).slice(8);
    points
      .flatMap((point: { singularValues: number[] }) => point.singularValues)
      .forEach((s: number, i: number) => {
        expect(values[i]).toBeCloseTo(s, 12);
      });
  });

  it("judges kept singular values anew under other thresholds, without the engine", async () => {
    const out = scratch("spectra.npz");
    const command = ["--to", "image", "--samples", "2", "--out", out, ...centre];
    await json(bottleneck, ...command);
    const again = await vielbein(
      "dimension",
      bottleneck,
      ...command,
      "--resume",
      "--threshold",
      "0.8,0.01",
      "--json",
    );
    expect(again.stderr).toContain("keeps 2 of 2");
    const { layers, threshold } = JSON.parse(again.stdout);
    expect(threshold).toBe(0.8);
    const [point] = layers[0].points;
    expect(point.byThreshold.map((result: { threshold: number }) => result.threshold)).toEqual([0.8, 0.01]);
    expect(point.byThreshold[1].dimension).toBe(6);
    expect(point.kept).toBeLessThan(6);
    expect(point.kept).toBe(point.byThreshold[0].kept);
  });

  it("computes the same in parts as in one, and refuses to go on with other layers or points", async () => {
    const [parts, whole] = [scratch("dimension-parts.npz"), scratch("dimension-whole.npz")];
    const command = ["dimension", path, "--every-layer", "--samples", "2", "--untrained", "2"];
    await vielbein(...command, "--out", whole);
    const bytes = readFileSync(whole);
    // A file with the first rows only, as an interrupted run leaves it.
    const { writeNpz } = await import("@vielbein/linalg/npy");
    const cut = Object.entries(readNpz(bytes)).map(([name, { shape, data }]) => {
      if (name === "provenance") return [name, { shape, data }] as const;
      const size = data.length / shape[0]!;
      return [name, { shape: [1, ...shape.slice(1)], data: data.slice(0, size) }] as const;
    });
    scratch("dimension-parts.npz", writeNpz(Object.fromEntries(cut)));
    const { code, stderr } = await vielbein(...command, "--out", parts, "--resume");
    expect([code, stderr.includes("keeps 1 of 4")]).toEqual([0, true]);
    expect(readFileSync(parts).equals(bytes)).toBe(true);
    const other = await vielbein("dimension", path, "--to", "image", "--out", parts, "--resume");
    expect([other.code, other.stderr.includes("options.layers")]).toEqual([2, true]);
    const more = ["dimension", path, "--every-layer", "--samples", "3", "--untrained", "2", "--out", parts];
    expect((await vielbein(...more, "--resume")).stderr).toContain("options.points is 2, now it is 3");
  });

  it("compares with redrawn weights, and reads points", async () => {
    const data = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
    const points = scratch("two.npy", writeNpy({ shape: [2, 4], data }));
    const { layers, provenance } = await json(path, "--points", points, "--untrained", "1");
    expect(provenance.points).toMatchObject({ file: "two.npy", count: 2 });
    expect(layers[0].points).toHaveLength(2);
    expect(layers[0].points[0].untrained).toHaveProperty("status");
    const { stdout } = await vielbein("dimension", path, "--points", points, "--untrained", "1");
    const [header, line] = stdout
      .split("\n")
      .slice(1)
      .map((row) => row.trim().split(/ {2,}/));
    expect(header).toContain("untrained");
    expect(line).toHaveLength(header!.length);
  });

  it("prints a table and draws a plot", async () => {
    const plot = scratch("dimension.svg");
    const { stdout, stderr } = await vielbein(
      "dimension",
      path,
      "--every-layer",
      "--samples",
      "3",
      "--plot",
      plot,
    );
    expect(stdout).toMatch(/layer +dim +dimension θ=0.01 +tested +kept +particip. ratio/);
    expect(stdout).toMatch(/hidden +16 /);
    expect(stderr).toContain(`wrote ${plot}`);
    expect(readFileSync(plot, "utf8")).toContain("local dimension");
    // Of a linear map with equal singular values there is no dimension to draw, but companions there are.
    const flat = scratch(
      "flat.onnx",
      encodeModel(
        model({
          nodes: [node("Transpose", ["z"], ["y"], { perm: { type: "ints", value: [0, 2, 1] } })],
          inputs: [{ name: "z", dataType: 1, shape: ["n", 2, 3] }],
          outputs: [{ name: "y", dataType: 1 }],
        }),
      ),
    );
    const drawn = await vielbein("dimension", flat, "--threshold", "0.1,0.01", "--plot", plot);
    expect([drawn.code, drawn.stdout.includes("flat")]).toEqual([0, true]);
    expect(readFileSync(plot, "utf8")).toContain("effective rank");
  });

  it("refuses wrong usage", async () => {
    for (const [options, message] of [
      [["--alpha", "15"], "below 14.1"],
      [["--to", "image", "--every-layer"], "cannot be used with"],
      [["--to", "image", "image"], "named twice"],
      [["--threshold", "1"], "below 1"],
      [["--convention", "A"], "Allowed choices are input, kept, padded"],
    ] as const) {
      const { code, stderr } = await vielbein("dimension", path, ...options);
      expect([options, code]).toEqual([options, 2]);
      expect(stderr).toContain(message);
    }
    expect((await vielbein("dimension", path, "--to", "imag")).code).toBe(65);
  });
});
