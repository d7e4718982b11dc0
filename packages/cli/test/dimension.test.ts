import { readFileSync } from "node:fs";
import { normal } from "@vielbein/linalg";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);

const json = async (file: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein("dimension", file, "--quiet", "--json", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

interface Estimated {
  readonly estimates: Readonly<
    Record<
      "trace" | "participationRatio" | "effectiveRank" | "stableRank",
      { readonly value: number; readonly interval: readonly [number, number] }
    >
  > & { readonly kept: readonly [{ readonly interval: readonly [number, number] }] };
  readonly leadingSingularValues: readonly number[];
  readonly largestSingularValue: number;
}

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

  it("estimates what it would find, with intervals that hold it, and says that these are estimates", async () => {
    const command = ["sample", "--to", "mapping/LeakyRelu", "mapping/LeakyRelu_2", "--samples", "1"];
    const whole = await json("sample", ...command.slice(1), "--threshold", "0.1");
    const out = scratch("estimates.npz");
    const [plot, density] = [scratch("estimates.svg"), scratch("density.svg")];
    const files = ["--out", out, "--plot", plot, "--density", density];
    const first = await vielbein("dimension", ...command, "--spectrum", "estimate", ...files, "--quiet");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(
      /trace +share of leading +particip. ratio +eff. rank +stable rank +σ > 0.01·σ0/,
    );
    expect(first.stdout).toContain("in brackets the outermost ends of their 95 % intervals");
    expect(first.stdout).toContain("no local dimension: its test needs all singular values");
    expect(readFileSync(plot, "utf8")).toContain("effective rank (estimate)");
    expect(readFileSync(plot, "utf8")).not.toContain("local dimension");
    expect(readFileSync(density, "utf8")).toContain("LeakyRelu_2 (estimate)");
    // Judged anew at another threshold from what is kept.
    const again = await json(
      "sample",
      ...command.slice(1),
      ...["--spectrum", "estimate", "--out", out, "--resume", "--threshold", "0.1"],
    );
    expect(again.provenance.options).toMatchObject({
      estimated: ["mapping/LeakyRelu", "mapping/LeakyRelu_2"],
      probes: 16,
      routes: ["linearized products"],
    });
    const truths = whole.layers.flatMap(({ points }: { points: object[] }) => points);
    const found = again.layers.flatMap(({ points }: { points: object[] }) => points);
    found.forEach((point: Record<string, never>, i: number) => {
      const { estimates, leadingSingularValues, ...rest } = point as unknown as Estimated;
      const truth = truths[i];
      expect(rest).toMatchObject({ dimension: null, status: "estimated", probes: 16 });
      expect(leadingSingularValues).toHaveLength(32);
      expect(rest.largestSingularValue / truth.largestSingularValue).toBeCloseTo(1, 5);
      for (const name of ["participationRatio", "effectiveRank", "stableRank"] as const) {
        const { value, interval } = estimates[name];
        expect(interval[0]).toBeLessThanOrEqual(truth[name] * (1 + 1e-5));
        expect(interval[1]).toBeGreaterThanOrEqual(truth[name] * (1 - 1e-5));
        expect(Math.abs(value / truth[name] - 1)).toBeLessThan(0.1);
      }
      const [{ interval }] = estimates.kept;
      expect(interval[0] <= truth.kept && truth.kept <= interval[1]).toBe(true);
    });
  });

  it("draws other random vectors at other points and under other seeds, and the same under the same", async () => {
    const halving = scratch(
      "halving.onnx",
      encodeModel(
        model({
          nodes: [node("Gemm", ["z", "w"], ["y"])],
          initializers: [floats("w", [60, 50])],
          inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 60] }],
          outputs: [{ name: "y", dataType: DataType.FLOAT }],
        }),
      ),
    );
    const traces = async (seed: string): Promise<number[]> => {
      const argv = [halving, "--samples", "2", "--spectrum", "estimate", "--probes", "2", "--seed", seed];
      const [layer] = (await json(argv[0]!, ...argv.slice(1))).layers;
      return layer.points.map((point: Estimated) => point.estimates.trace.value);
    };
    const [first, other] = [await traces("0"), await traces("1")];
    expect(new Set([...first, ...other]).size).toBe(4);
    expect(await traces("0")).toEqual(first);
  });

  it("of a single output it is that of the output, not of a layer before it", async () => {
    const single = scratch(
      "single.onnx",
      encodeModel(
        model({
          nodes: [node("Gemm", ["z", "a"], ["hidden"]), node("Gemm", ["hidden", "b"], ["score"])],
          initializers: [floats("a", [4, 8], 1), floats("b", [8, 1], 2)],
          inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
          outputs: [{ name: "score", dataType: DataType.FLOAT, shape: ["n", 1] }],
        }),
      ),
    );
    const { layers } = await json(single, "--samples", "1");
    expect(layers.map(({ to }: { to: object }) => to)).toEqual([{ name: "score", dim: 1, shape: [1] }]);
  });

  it("estimates where the Jacobian is too large in any form, aloud, and where it is not finds all", async () => {
    // 8·90·50 bytes as a matrix.
    const wide = scratch(
      "wide.onnx",
      encodeModel(
        model({
          nodes: [node("Gemm", ["z", "w"], ["h"]), node("Tanh", ["h"], ["y"])],
          initializers: [floats("w", [90, 50])],
          inputs: [{ name: "z", dataType: 1, shape: ["n", 90] }],
          outputs: [{ name: "y", dataType: 1 }],
        }),
      ),
    );
    const [within, beyond] = [
      ["--memory", "40000"],
      ["--memory", "30000"],
    ];
    const small = await vielbein("dimension", wide, "--samples", "1", "--untrained", "1", ...beyond);
    expect(small.code).toBe(0);
    expect(small.stderr).toContain('of "y" (50 × 90) the leading 32 are found, and the rest is estimated');
    expect(small.stderr).toContain("--untrained compares local dimensions");
    expect(small.stdout).toContain("from 32 leading singular values and 16 random vectors");
    const large = await vielbein("dimension", wide, "--samples", "1", ...within);
    expect(large.stdout).not.toContain("estimate");
    const insisted = await vielbein("dimension", wide, "--samples", "1", "--spectrum", "full", ...beyond);
    expect([insisted.code, insisted.stderr.includes("--memory")]).toEqual([75, false]);
    expect(insisted.stderr).toContain("memory budget");
    // Layers of both kinds stand in one report; h is 50 wide too.
    const both = await json(
      wide,
      "--to",
      "h",
      "y",
      "--samples",
      "1",
      "--spectrum",
      "estimate",
      "--probes",
      "4",
    );
    expect(both.layers[0].points[0]).toMatchObject({ status: "estimated", probes: 4 });
  });

  it("keeps whole and sampled spectra of different layers in one file", async () => {
    const mixed = scratch(
      "mixed.onnx",
      encodeModel(
        model({
          nodes: [
            node("Gemm", ["z", "w1"], ["h"]),
            node("Tanh", ["h"], ["t"]),
            node("Gemm", ["t", "w2"], ["y"]),
          ],
          initializers: [floats("w1", [90, 12]), floats("w2", [12, 60], 2)],
          inputs: [{ name: "z", dataType: 1, shape: ["n", 90] }],
          outputs: [{ name: "y", dataType: 1 }],
        }),
      ),
    );
    const out = scratch("mixed.npz");
    const command = ["--to", "t", "y", "--samples", "2", "--memory", "40000", "--out", out, ...centre];
    const before = await json(mixed, ...command);
    const statuses = before.layers.map(({ points }: { points: { status: string }[] }) => points[1]!.status);
    expect(statuses[0]).not.toBe("estimated");
    expect(statuses[1]).toBe("estimated");
    const file = readNpz(readFileSync(out));
    expect(file.lanczos_diagonal!.shape).toEqual([4, 16, 8]);
    expect(Array.from(file.dead_inputs!.data as Float64Array, Number.isNaN)).toEqual([
      false,
      false,
      true,
      true,
    ]);
    const { stdout } = await vielbein("dimension", mixed, ...command, "--resume");
    expect(stdout).toMatch(/^t +12 /m);
    expect(stdout).toMatch(/^y +60 .*%/m);
    expect((await json(mixed, ...command, "--resume")).layers).toEqual(before.layers);
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
