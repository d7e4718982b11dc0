// The oracle is the derivative: the tensor that an affine map yields has the map's matrix as its Jacobian, at any point.

import { type AffineMap, factorize, jacobian, localBasisAt, selectMaps, stackWeights } from "@vielbein/core";
import { matmul, matrix, normal, principalAngles } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { firstAffineMaps, type Model, OnnxMap, prepare } from "../src/index.ts";
import { int, ints } from "../src/model/attributes.ts";
import { exported } from "./graphs.ts";
import { GraphBuilder, runtime } from "./helpers.ts";

async function mapsOf(model: Model, from?: string): Promise<AffineMap[]> {
  return firstAffineMaps(await prepare(model, runtime, from === undefined ? {} : { from }));
}

/** Largest difference between the weight and the Jacobian of the tensor it computes; `column` places columns. */
async function error(
  model: Model,
  map: AffineMap,
  from: string,
  column: (j: number) => number = (j) => j,
): Promise<number> {
  const derivative = await OnnxMap.create(model, runtime, { from, to: map.name });
  const point = Float32Array.from(normal(3, 0, derivative.from.dim));
  const j = await jacobian(derivative, point);
  await derivative.dispose();
  expect(j.rows).toBe(map.weight.rows);
  const expected = matrix(j.rows, j.cols);
  for (let r = 0; r < j.rows; r++) {
    for (let c = 0; c < map.weight.cols; c++) {
      expected.data[r * j.cols + column(c)] = map.weight.data[r * map.weight.cols + c]!;
    }
  }
  return Math.max(...j.data.map((x, i) => Math.abs(x - expected.data[i]!)));
}

const described = (maps: readonly AffineMap[]) =>
  maps.map((m) => `${m.layer} ${m.operator} ${m.weight.rows}×${m.weight.cols}${m.isToRgb ? " rgb" : ""}`);

const styleGanW = "/mapping/mapping.6/LeakyRelu_output_0";

describe("first affine maps of exported generators", () => {
  it.each([
    ["dcgan", undefined, ["0 ConvTranspose 160×6"]],
    ["vae", undefined, ["0 Gemm 24×5"]],
    ["biggan", undefined, ["0 Gemm 24×6", "1 Gemm 6×6", "2 Gemm 6×6", "3 Gemm 8×6", "4 Gemm 8×6"]],
    ["stylegan2", styleGanW, ["0 Gemm 6×8", "1 Gemm 6×8 rgb", "1 Gemm 6×8", "2 Gemm 5×8", "3 Gemm 5×8 rgb"]],
    [
      "stylegan2_unfused",
      styleGanW,
      ["0 Gemm 6×8", "1 Gemm 6×8 rgb", "1 Gemm 6×8", "2 Gemm 5×8", "3 Gemm 5×8 rgb"],
    ],
  ])("%s: the Jacobians of the tensors they compute", async (name, from, expected) => {
    const { model } = await exported(name);
    const maps = await mapsOf(model, from);
    expect(described(maps)).toEqual(expected);
    for (const map of maps) {
      expect(await error(model, map, from ?? "z")).toBeLessThan(1e-6);
      expect(model.graph.nodes[map.position]!.opType).toBe(map.operator);
      expect(map.isNormalized).toBe(false);
    }
  });

  it("act on the normalised code behind a PixelNorm, and say so", async () => {
    const { model } = await exported("mapping");
    const [map, ...others] = await mapsOf(model);
    expect(others).toEqual([]);
    expect(map).toMatchObject({ layer: 0, operator: "Gemm", isNormalized: true });
    // P(z) = √d·z/‖z‖ has the derivative √d/‖z‖·(I − zzᵀ/‖z‖²), so J = A·dP.
    const derivative = await OnnxMap.create(model, runtime, { to: map!.name });
    const z = Float32Array.from(normal(3, 0, 32));
    const j = await jacobian(derivative, z);
    await derivative.dispose();
    const square = z.reduce((sum, x) => sum + x * x, 0);
    const projection = matrix(32, 32);
    for (let a = 0; a < 32; a++) {
      for (let b = 0; b < 32; b++) projection.data[32 * a + b] = (a === b ? 1 : 0) - (z[a]! * z[b]!) / square;
    }
    const expected = matmul(map!.weight, projection).data.map((x) => x * Math.sqrt(32 / square));
    expect(Math.max(...j.data.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-6);
  });

  it("say what stands in the way where there are none", async () => {
    const g = new GraphBuilder("float32");
    const z = g.variable([1, 4]);
    const y = g.op("MatMul", [g.op("Tanh", [z]), g.constant([4, 2])]);
    await expect(mapsOf(g.model(y))).rejects.toThrow(/"z" \[1,4\] first; what reads it is Tanh\./);
  });
});

describe("SeFa of the maps from w to the styles", () => {
  it("is the local basis of all styles, whatever w is", async () => {
    const { model } = await exported("stylegan2");
    const maps = selectMaps(await mapsOf(model, styleGanW), { toRgb: "none" });
    // A graph that ends at the styles, one after the other.
    const styles: Model = {
      ...model,
      graph: {
        ...model.graph,
        nodes: [
          ...model.graph.nodes,
          {
            opType: "Concat",
            domain: "",
            name: "styles",
            inputs: maps.map((map) => map.name),
            outputs: ["styles"],
            attributes: new Map([["axis", int(1)]]),
          },
        ],
      },
    };
    const toStyles = await OnnxMap.create(styles, runtime, { from: styleGanW, to: "styles" });
    const { directions, eigenvalues } = factorize(
      stackWeights(
        maps.map((map) => map.weight),
        { normalizeRows: false },
      ),
    );
    const basis = await localBasisAt(toStyles, Float32Array.from(normal(1, 0, 8)));
    await toStyles.dispose();
    basis.singularValues.forEach((s, i) => {
      expect(Math.sqrt(eigenvalues[i]!) / s).toBeCloseTo(1, 5);
      const column = (m: { rows: number; cols: number; data: Float64Array }) =>
        matrix(
          8,
          1,
          Float64Array.from({ length: 8 }, (_, row) => m.data[row * m.cols + i]!),
        );
      expect(principalAngles(column(directions), column(basis.inputVectors))[0]).toBeLessThan(1e-5);
    });
  });
});

describe("codes per layer", () => {
  const opposite = (g: GraphBuilder, x: string) => g.op("Sub", [g.constant([1, 4]), x]);

  const readers: Record<string, (g: GraphBuilder, code: string) => string[]> = {
    "Gather with one index": (g, code) =>
      [0, 1, 2].map((i) => g.op("Gather", [code, g.int64([i], [])], { axis: int(1) })),
    "Slice and Squeeze": (g, code) =>
      [0, 1, 2].map((i) =>
        g.op("Squeeze", [
          g.op("Slice", [code, g.int64([i - 3]), g.int64([i === 2 ? 99 : i - 2]), g.int64([1])]),
          g.int64([1]),
        ]),
      ),
    "Split and Reshape": (g, code) =>
      g
        .ops("Split", [code, g.int64([1, 1, 1])], { axis: int(-2) }, 3)
        .map((part) => g.op("Reshape", [part, g.int64([1, 4])])),
    "Transpose and Flatten": (g, code) => {
      const turned = g.op("Transpose", [code], { perm: ints([1, 0, 2]) });
      return [0, 1, 2].map((i) =>
        g.op("Flatten", [g.op("Gather", [turned, g.int64([i])], { axis: int(0) })]),
      );
    },
    "truncation towards a mean": (g, code) => {
      const mean = g.constant([1, 1, 4]);
      const truncated = g.op("Add", [mean, g.op("Mul", [g.scalar(0.7), g.op("Sub", [code, mean])])]);
      return [0, 1, 2].map((i) => g.op("Gather", [truncated, g.int64([i], [])], { axis: int(1) }));
    },
    "division and a change of sign": (g, code) => {
      const scaled = g.op("Div", [g.op("Neg", [code]), g.constant([3, 1])]);
      return [0, 1, 2].map((i) => opposite(g, g.op("Gather", [scaled, g.int64([i], [])], { axis: int(1) })));
    },
  };

  it.each(Object.entries(readers))("are told apart behind %s", async (_, read) => {
    const g = new GraphBuilder("float32");
    const code = g.variable([1, 3, 4]);
    const styles = read(g, code).map((x) => g.op("Gemm", [x, g.constant([5, 4])], { transB: int(1) }));
    const model = g.model(g.op("Concat", styles, { axis: int(1) }));
    const maps = await mapsOf(model);
    expect(described(maps)).toEqual(["0 Gemm 5×4", "1 Gemm 5×4", "2 Gemm 5×4"]);
    for (const map of maps) expect(await error(model, map, "z", (j) => 4 * map.layer + j)).toBeLessThan(1e-6);
  });

  it("are told apart in one product, with a matrix for all or for each", async () => {
    for (const weight of [
      [4, 2],
      [1, 3, 4, 2],
    ]) {
      const g = new GraphBuilder("float32");
      const code = g.variable([1, 3, 4]);
      const rows = g.op("Reshape", [code, g.int64(weight.length === 4 ? [1, 3, 1, 4] : [1, 3, 4])]);
      const model = g.model(g.op("MatMul", [rows, g.constant(weight)]));
      const maps = await mapsOf(model);
      expect(described(maps)).toEqual(["0 MatMul 2×4", "1 MatMul 2×4", "2 MatMul 2×4"]);
      const whole = await OnnxMap.create(model, runtime);
      const j = await jacobian(whole, Float32Array.from(normal(1, 0, 12)));
      await whole.dispose();
      maps.forEach(({ weight: a }, layer) => {
        a.data.forEach((x, at) => {
          const [row, column] = [2 * layer + Math.floor(at / 4), 4 * layer + (at % 4)];
          expect(j.data[row * 12 + column]).toBeCloseTo(x, 6);
        });
      });
    }
  });

  it("that one code is repeated for count as that code", async () => {
    const g = new GraphBuilder("float32");
    const w = g.variable([1, 4]);
    const plus = g.op("Expand", [g.op("Unsqueeze", [w, g.int64([1])]), g.int64([1, 3, 4])]);
    const styles = [0, 1, 2].map((i) =>
      g.op("Gemm", [g.op("Gather", [plus, g.int64([i], [])], { axis: int(1) }), g.constant([4, 2])]),
    );
    const model = g.model(g.op("Concat", styles, { axis: int(1) }));
    const maps = await mapsOf(model);
    expect(described(maps)).toEqual(["0 Gemm 2×4", "1 Gemm 2×4", "2 Gemm 2×4"]);
    for (const map of maps) expect(await error(model, map, "z")).toBeLessThan(1e-6);
  });
});

describe("parts of a code", () => {
  it("keep their columns beside constants that are joined to them", async () => {
    const g = new GraphBuilder("float32");
    const z = g.variable([1, 5]);
    const [head, tail] = g.ops("Split", [z, g.int64([2, 3])], { axis: int(1) }, 2);
    const joined = g.op("Concat", [tail!, g.constant([1, 2]), head!], { axis: int(1) });
    const y = g.op("Gemm", [joined, g.constant([7, 3])], { alpha: { type: "float", value: 0.5 } });
    const model = g.model(y);
    const [map] = await mapsOf(model);
    expect(map!.weight).toMatchObject({ rows: 3, cols: 5 });
    expect(await error(model, map!, "z")).toBeLessThan(1e-6);
  });
});

describe("maps to colours", () => {
  /** w → style; features 5 × 4 × 4 scaled by it, perhaps shifted, and convolved to `channels`. */
  const scaled = (channels: number, isShifted: boolean): Model => {
    const g = new GraphBuilder("float32");
    const w = g.variable([1, 4]);
    const image = (x: string) => g.op("Reshape", [x, g.int64([1, 5, 1, 1])]);
    const affine = () => g.op("Gemm", [w, g.constant([4, 5]), g.constant([5])]);
    // Features that depend on the code, as all but the first do.
    const features = g.op("Add", [g.constant([1, 5, 4, 4]), g.op("Tanh", [image(affine())])]);
    const product = g.op("Mul", [features, image(affine())]);
    const modulated = isShifted ? g.op("Add", [product, image(affine())]) : product;
    return g.model(g.op("Conv", [modulated, g.constant([channels, 5, 1, 1])]));
  };

  it("are those that modulate a convolution to as many channels as the image has", async () => {
    const verdicts = async (model: Model) => (await mapsOf(model)).map((map) => map.isToRgb);
    expect(await verdicts(scaled(3, false))).toEqual([false, true]);
    expect(await verdicts(scaled(1, false))).toEqual([false, true]);
    // An output of eight channels is no image.
    expect(await verdicts(scaled(8, false))).toEqual([false, false]);
    // Adaptive instance normalisation shifts too: its last style is followed by the colours, and is none of them.
    expect(await verdicts(scaled(3, true))).toEqual([false, false, false]);
  });
});

describe("convolutions of one pixel", () => {
  it.each([
    ["Conv", [5, 3, 4, 4], { pads: ints([3, 3, 3, 3]) }, 80],
    ["Conv", [5, 3, 3, 2], { pads: ints([2, 1, 3, 0]), strides: ints([2, 1]), dilations: ints([1, 1]) }, 10],
    ["Conv", [2, 3, 2, 2], { pads: ints([2, 2, 2, 2]), dilations: ints([2, 2]) }, 18],
    ["ConvTranspose", [3, 5, 4, 4], {}, 80],
    [
      "ConvTranspose",
      [3, 2, 4, 3],
      { pads: ints([1, 0, 1, 1]), strides: ints([2, 2]), output_padding: ints([1, 0]) },
      12,
    ],
    ["ConvTranspose", [3, 2, 2, 2], { dilations: ints([2, 1]) }, 12],
  ] as const)("%s with weights [%s]", async (opType, weights, attributes, rows) => {
    const g = new GraphBuilder("float32");
    const z = g.variable([1, 3]);
    const y = g.op(opType, [g.op("Reshape", [z, g.int64([1, 3, 1, 1])]), g.constant(weights)], attributes);
    const model = g.model(y);
    const [map] = await mapsOf(model);
    expect(map!.weight).toMatchObject({ rows, cols: 3 });
    expect(await error(model, map!, "z")).toBeLessThan(1e-6);
  });
});
