import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeDirections } from "@vielbein/core/directions-file";
import { matmul, matrix, transpose } from "@vielbein/linalg";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, int64s, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("metric-generator.onnx", generatorBytes);
const shared = process.env.VIELBEIN_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));

/** image [n, 3, 8, 8] → feat [n, 10], nonlinear. */
const features = scratch(
  "metric-features.onnx",
  encodeModel(
    model({
      nodes: [
        node("Reshape", ["image", "flat"], ["row"]),
        node("MatMul", ["row", "w"], ["mixed"]),
        node("Tanh", ["mixed"], ["feat"]),
      ],
      initializers: [int64s("flat", [-1, 192]), floats("w", [192, 10], 7)],
      inputs: [{ name: "image", dataType: 1, shape: ["n", 3, 8, 8] }],
      outputs: [{ name: "feat", dataType: 1 }],
    }),
  ),
);

const json = async (command: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein(command, ...options, "--quiet", "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

const relative = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (x, i) => x - b[i]!)) / Math.hypot(...Array.from(b));

/** V·diag(λ)·Vᵀ of every row of a file. */
function tensors(file: string): Float64Array[] {
  const { eigenvalues, eigenvectors } = readNpz(readFileSync(file));
  const [count, n, k] = eigenvectors!.shape as [number, number, number];
  return Array.from({ length: count }, (_, row) => {
    const v = matrix(n, k, (eigenvectors!.data as Float64Array).slice(row * n * k, (row + 1) * n * k));
    const lambda = (eigenvalues!.data as Float64Array).subarray(row * k, (row + 1) * k);
    const scaled = { ...v, data: v.data.map((x, at) => x * lambda[at % k]!) };
    return matmul(scaled, transpose(v)).data;
  });
}

describe("vielbein metric", () => {
  it("prints the eigenvalues of 2·JᵀJ: twice the squares of the singular values", async () => {
    const { points, provenance } = await json("metric", path, "--samples", "3", "--seed", "4");
    const { points: bases } = await json("basis", path, "--samples", "3", "--seed", "4");
    expect(points).toHaveLength(3);
    points.forEach((point: { index: number; eigenvalues: number[]; trace: number }, i: number) => {
      const expected = bases[i].singularValues.map((s: number) => 2 * s * s);
      expect(relative(point.eigenvalues, expected)).toBeLessThan(1e-6);
      expect(point.trace).toBeCloseTo(
        expected.reduce((a: number, b: number) => a + b),
        4,
      );
      expect(point.index).toBe(i);
    });
    expect(provenance).toMatchObject({
      method: "metric",
      options: { matrix: "H = 2·JᵀJ", distance: "l2", k: "all" },
    });
  });

  it("agrees by all routes: columns, products in little memory, QR, leading pairs, differences", async () => {
    const first = async (...options: string[]) =>
      (await json("metric", path, "--distance", features, "--samples", "1", ...options)).points[0];
    const { eigenvalues } = await first();
    // 7680 bytes for a vector, and 4·10 for the columns.
    const inLittle = await first("--memory", "7700");
    expect(inLittle.route).toBe("products");
    expect(relative(inLittle.eigenvalues, eigenvalues)).toBeLessThan(1e-5);
    expect(relative((await first("--accuracy", "high")).eigenvalues, eigenvalues)).toBeLessThan(1e-6);
    const leading = await first("--k", "2");
    expect(relative(leading.eigenvalues, eigenvalues.slice(0, 2))).toBeLessThan(1e-5);
    expect(leading.trace).toBe(null);
    expect(Math.max(...leading.residuals)).toBeLessThan(1e-5 * eigenvalues[0]);
    // Half of H, as the authors' averaging leaves it.
    const half = eigenvalues.map((value: number) => value / 2);
    expect(relative((await first("--differences", "1e-2")).eigenvalues, half)).toBeLessThan(1e-2);
  });

  it("maps the images' range to what the features expect", async () => {
    const trace = async (...options: string[]) =>
      (await json("metric", path, "--distance", features, "--samples", "1", ...options)).points[0].trace;
    const { provenance } = await json("metric", path, "--distance", features, "--samples", "1");
    expect(provenance.options).toMatchObject({ pixels: [0, 1], scale: 2, shift: -1, range: "auto" });
    expect(provenance.options.distance.file).toBe("metric-features.onnx");
    const [auto, paper, signed] = [
      await trace(),
      await trace("--feature-range", "paper"),
      await trace("--feature-range", "signed"),
    ];
    // Images are in [0, 1] already.
    expect(paper).toBe(signed);
    expect(auto).not.toBeCloseTo(paper, 3);
    // Images said to be in [-1, 1] are halved by the paper's range.
    const halved = await json(
      "metric",
      path,
      "--distance",
      features,
      "--samples",
      "1",
      "--feature-range",
      "paper",
      "--image-range",
      "-1,1",
    );
    expect(halved.provenance.options).toMatchObject({ scale: 0.5, shift: 0.5 });
  });

  it("compares points, beside random axes and shuffled weights", async () => {
    const { layers } = await json("metric", path, "--samples", "5", "--shuffled");
    const [{ homogeneity, haar, shuffled, anisotropy, meanEigenvalues }] = layers;
    for (const kind of ["logarithmic", "linear"]) {
      const { matrix: all, mean } = homogeneity[kind];
      const off = all.flatMap((row: number[], i: number) => row.filter((_, j) => i !== j));
      expect(mean).toBeCloseTo(off.reduce((a: number, b: number) => a + b) / off.length, 10);
      expect(all[2][2]).toBe(1);
      expect(mean).toBeGreaterThan(haar[kind].mean);
      expect(Math.abs(shuffled[kind].mean)).toBeLessThanOrEqual(1);
    }
    expect(anisotropy.trace).toBeCloseTo(meanEigenvalues.reduce((a: number, b: number) => a + b) / 2, 8);
    expect(anisotropy.axes["0.99999"]).toBe(4);
  });

  it("shuffled weights of several layers are those of each layer alone", async () => {
    const options = ["--samples", "2", "--shuffled", "--to"];
    const { points } = await json("metric", path, ...options, "hidden", "image");
    for (const layer of ["hidden", "image"]) {
      const alone = await json("metric", path, ...options, layer);
      const own = points.filter((point: { layer: string }) => point.layer === layer);
      expect(
        own.map(({ shuffledEigenvalues }: { shuffledEigenvalues: number[] }) => shuffledEigenvalues),
      ).toEqual(
        alone.points.map(({ shuffledEigenvalues }: { shuffledEigenvalues: number[] }) => shuffledEigenvalues),
      );
    }
  });

  it.each([
    ["the same in all directions", (i: number, j: number) => (i === j ? 2 : 0), /all alike/],
    ["of rank 1", (i: number, j: number) => (i + 1) * (j + 1), /fewer than three/],
    ["zero", () => 0, /fewer than three/],
  ])("a metric that is %s has no homogeneity, and says why", async (name, entry, reason) => {
    const weights = Float32Array.from({ length: 16 }, (_, at) => entry(Math.floor(at / 4), at % 4));
    const file = scratch(
      `${name.replaceAll(" ", "-")}.onnx`,
      encodeModel(
        model({
          nodes: [node("Gemm", ["z", "w"], ["y"])],
          initializers: [{ name: "w", dims: [4, 4], dataType: 1, raw: new Uint8Array(weights.buffer) }],
          inputs: [{ name: "z", dataType: 1, shape: ["n", 4] }],
          outputs: [{ name: "y", dataType: 1 }],
        }),
      ),
    );
    const { layers } = await json("metric", file, "--samples", "3");
    for (const kind of ["linear", "logarithmic"]) {
      const found = layers[0].homogeneity[kind];
      expect([found.mean, found.median, found.matrix[0][1]]).toEqual([null, null, null]);
      expect(found.reason).toMatch(reason);
    }
    const { stdout } = await vielbein("metric", file, "--samples", "3");
    expect(stdout).toMatch(/homogeneity +– +– +–/);
    expect(stdout).toMatch(reason);
  });

  it("measures layers, and how alike they are", async () => {
    const out = scratch("metric-layers.npz");
    const { points, layers, betweenLayers } = await json(
      "metric",
      path,
      "--every-layer",
      "--samples",
      "2",
      "--out",
      out,
    );
    expect(layers.map(({ to }: { to: { name: string } }) => to.name)).toEqual(["hidden", "image"]);
    expect(points.map(({ layer, index }: { layer: string; index: number }) => `${layer} ${index}`)).toEqual([
      "hidden 0",
      "hidden 1",
      "image 0",
      "image 1",
    ]);
    expect(betweenLayers.logarithmic[1][1]).toBeCloseTo(1, 12);
    expect(betweenLayers.logarithmic[0][1]).toBeLessThan(1);
    expect(readNpz(readFileSync(out)).eigenvectors!.shape).toEqual([4, 4, 4]);
    const refused = await vielbein("metric", path, "--every-layer", "--distance", features);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("features take one tensor")]);
  });

  it("writes the axes of the averaged metric as directions", async () => {
    const [out, directions] = [scratch("metric-mean.npz"), scratch("metric-mean.safetensors")];
    await json("metric", path, "--samples", "3", "--out", out, "--directions-out", directions);
    const set = decodeDirections(readFileSync(directions), "axes");
    expect([set.method, set.space.name, set.vectors.cols]).toEqual(["averaged metric", "z", 4]);
    const parts = tensors(out);
    const mean = parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]! / 3, 0));
    const lambda = set.values!.values;
    const scaled = { ...set.vectors, data: set.vectors.data.map((x, at) => x * lambda[at % 4]!) };
    expect(relative(matmul(scaled, transpose(set.vectors)).data, mean)).toBeLessThan(1e-6);
  });

  it("goes on where it was cut off, and refuses another run's file", async () => {
    const [parts, whole] = [scratch("metric-parts.npz"), scratch("metric-whole.npz")];
    await vielbein("metric", path, "--samples", "2", "--out", parts, "--shuffled");
    await vielbein("metric", path, "--samples", "3", "--out", whole, "--shuffled");
    const resumed = await vielbein(
      "metric",
      path,
      "--samples",
      "3",
      "--out",
      parts,
      "--shuffled",
      "--resume",
    );
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining("keeps 2 of 3 points")]);
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true);
    const other = await vielbein("metric", path, "--samples", "3", "--out", parts, "--resume");
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("options.shuffled")]);
  });

  it("prints a table and draws the spectrum and the homogeneity", async () => {
    const [plot, heatMap] = [scratch("metric.svg"), scratch("metric-heat.svg")];
    const { stdout, stderr } = await vielbein(
      "metric",
      path,
      "--samples",
      "3",
      "--shuffled",
      "--plot",
      plot,
      "--heat-map",
      heatMap,
    );
    expect(stdout).toMatch(/point +trace +λ0 +λ1 +λ2 +λ3/);
    expect(stdout).toMatch(/axes for 99 % +99.9 % +99.99 % +99.999 % +particip. ratio/);
    expect(stdout).toMatch(/homogeneity .*\nrandom axes .*\nshuffled weights /);
    expect(stderr).toContain(`wrote ${heatMap}`);
    expect(readFileSync(plot, "utf8")).toContain("spectrum of the metric");
    expect(readFileSync(heatMap, "utf8")).toContain("point whose axes are taken");
  });

  it("refuses wrong usage", async () => {
    for (const [options, message] of [
      [["--k", "2", "--accuracy", "high"], "cannot be used with"],
      [["--k", "0"], "integer of at least 1"],
      [["--differences", "0"], "positive number"],
      [["--distance", features, "--feature-range", "half"], "Allowed choices are auto, paper, signed"],
    ] as const) {
      const { code, stderr } = await vielbein("metric", path, "--samples", "1", ...options);
      expect([options, code]).toEqual([options, 2]);
      expect(stderr).toContain(message);
    }
    const missing = await vielbein("metric", path, "--distance", "nowhere.onnx");
    expect(missing.code).toBe(66);
    const itself = await vielbein("metric", path, "--distance", path);
    expect([itself.code, itself.stderr]).toEqual([65, expect.stringContaining("takes [4]")]);
  });

  it.for([
    ["faces_fletcher", "lpips_squeeze_feat_32"],
    ["disvae_btcvae_celeba", "lpips_squeeze_feat_64"],
  ] as const)("is PyTorch's, in float64, under LPIPS: %s", async ([name, distance], context) => {
    const files = [`models/${name}.onnx`, `models/${distance}.onnx`, `golden/${name}.npz`];
    const [generator, lpips, golden] = files.map((file) => `${shared}/${file}`) as [string, string, string];
    for (const file of [generator, lpips, golden]) {
      if (!existsSync(file)) context.skip(`no ${file}; set VIELBEIN_SHARED`);
    }
    const { z, lpips_metric: expected } = readNpz(readFileSync(golden));
    const points = scratch(`${name}-z.npy`, writeNpy({ shape: z!.shape, data: z!.data as Float64Array }));
    const out = scratch(`${name}-metric.npz`);
    await json("metric", generator, "--points", points, "--distance", lpips, "--out", out);
    const found = tensors(out);
    found.forEach((tensor, i) => {
      const reference = (expected!.data as Float64Array).subarray(i * tensor.length, (i + 1) * tensor.length);
      expect(relative(tensor, reference)).toBeLessThan(1e-5);
    });
    expect(found).toHaveLength(2);
  });
});

describe("vielbein axes", () => {
  it("takes steps that are equally far by the metric, and travels as far where they are small", async () => {
    const out = scratch("axes.svg");
    const command = ["axes", path, "--distance", features, "--axes", "0-3", "--out", out];
    const { rows, provenance } = await json(...(command as [string, string]), "--range", "0.001");
    expect(rows.map(({ axis }: { axis: number }) => axis)).toEqual([0, 1, 2, 3]);
    for (const row of rows) {
      expect(row.positions.at(-1)).toBeCloseTo(0.001 * Math.sqrt(rows[0].eigenvalue / row.eigenvalue), 6);
      expect(row.predicted.at(-1)).toBeCloseTo(rows[0].predicted.at(-1), 10);
      expect(row.distance.at(-1) / row.predicted.at(-1)).toBeCloseTo(1, 1);
    }
    expect(provenance).toMatchObject({
      method: "axes of the metric",
      options: { of: "first", path: "linear" },
    });
    const svg = readFileSync(out, "utf8");
    expect(svg).toContain("axis 3");
    expect(svg).toContain("predicted distance");
  });

  it("shows one axis at several codes, on spheres, and the curves of distance", async () => {
    const [out, plot] = [scratch("axes-codes.svg"), scratch("axes-curves.svg")];
    const { rows } = await json(
      "axes",
      path,
      "--axes",
      "1",
      "--samples",
      "3",
      "--of",
      "mean",
      "--path",
      "spherical",
      "--out",
      out,
      "--plot",
      plot,
      "--range",
      "0.01",
    );
    expect(rows.map(({ sample }: { sample: number }) => sample)).toEqual([0, 1, 2]);
    expect(new Set(rows.map(({ eigenvalue }: { eigenvalue: number }) => eigenvalue)).size).toBe(1);
    for (const { distance, predicted } of rows) expect(distance.at(-1) / predicted.at(-1)).toBeCloseTo(1, 1);
    expect(readFileSync(out, "utf8")).toContain("sample 2, axis 1");
    expect(readFileSync(plot, "utf8")).toContain("prediction");
    const each = await json("axes", path, "--axes", "1", "--samples", "2", "--of", "each", "--out", out);
    expect(each.rows[0].eigenvalue).not.toBe(each.rows[1].eigenvalue);
  });

  it("takes codes from a file, and refuses rows and axes that are not there", async () => {
    const points = scratch(
      "axes.npy",
      writeNpy({ shape: [2, 4], data: Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)) }),
    );
    const { rows } = await json(
      "axes",
      path,
      "--axes",
      "0",
      "--points",
      points,
      "--sample",
      "1",
      "--out",
      scratch("axes.png"),
    );
    expect(rows.map(({ sample }: { sample: number }) => sample)).toEqual([1]);
    for (const [options, status, message] of [
      [["--points", points, "--sample", "2"], 65, "has rows 0 to 1"],
      [["--points", points, "--sample", "1", "--samples", "5"], 65, "has rows 0 to 1, asked for 1 to 5"],
      [["--axes", "4"], 65, "there are 0 to 3"],
      [["--out", "axes.jpg"], 2, ".svg or .png"],
    ] as const) {
      const { code, stderr } = await vielbein("axes", path, "--out", scratch("axes.png"), ...options);
      expect([options, code]).toEqual([options, status]);
      expect(stderr).toContain(message);
    }
  });
});

it("finds the leading pairs of a long code whose metric exceeds --memory, and says so", async () => {
  const long = scratch(
    "long.onnx",
    encodeModel(
      model({
        nodes: [node("MatMul", ["z", "w"], ["y"])],
        initializers: [floats("w", [256, 4])],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 256] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT }],
      }),
    ),
  );
  const whole = await vielbein("metric", long, "--samples", "1", "--json");
  // 8 · 8 · 256² bytes.
  const lean = await vielbein("metric", long, "--samples", "1", "--json", "--memory", "3M");
  const [all, leading] = [whole, lean].map(({ stdout }) => JSON.parse(stdout).points[0].eigenvalues);
  expect([all.length, leading.length]).toEqual([256, 32]);
  expect(lean.stderr).toContain("within the memory budget of 3.00 MiB: the leading 32 of 256 eigenpairs");
  expect(whole.stderr).not.toContain("leading");
  leading.forEach((value: number, i: number) => {
    expect(Math.abs(value - all[i])).toBeLessThan(1e-6 * all[0]);
  });
});
