// The engine of the explorer in Node: the same numbers as the methods it calls.

import { readFileSync } from "node:fs";
import { jacobian, localBasisAt, samplePoints } from "@vielbein/core";
import { localDimension } from "@vielbein/core/dimension";
import { decodeDirections } from "@vielbein/core/directions-file";
import { gram, identity, leadingColumns, type Matrix, matmul, svd } from "@vielbein/linalg";
import { DataType, decodeModel, encodeModel, OnnxMap, type OnnxMapOptions } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { sampleUrl } from "@vielbein/sample";
import type { ExplorerDirections, ExplorerModel, LocalBasisReply, Progress } from "@vielbein/viz/explorer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  floats,
  generatorBytes,
  int64s,
  model as makeModel,
  node,
  shaped,
  styled,
} from "../../cli/test/models.ts";
import manifest from "../package.json" with { type: "json" };
import { ModelEngine } from "../src/model-engine.ts";
import { version } from "../src/version.ts";
import { conditionalModel } from "./conditional.ts";
import { layeredModel } from "./layered.ts";
import { light, lightModel } from "./light.ts";
import { largeModel, longModel } from "./long.ts";

const bytes = new Uint8Array(readFileSync(sampleUrl));
const engine = new ModelEngine(new NodeRuntime({ threads: 1 }));
let map: OnnxMap;
let model: ExplorerModel;
let point: Float32Array;
let basis: LocalBasisReply;

beforeAll(async () => {
  map = await OnnxMap.create(decodeModel(bytes, "faces.onnx"), new NodeRuntime({ threads: 1 }));
  point = samplePoints(map.from, 3, 0, 1);
  model = await engine.load({ name: "faces.onnx", bytes }, {});
  basis = await engine.basis(point);
}, 60_000);
afterAll(async () => {
  engine.dispose();
  await map.dispose();
});

/** ‖J·v‖ for every direction, from the whole Jacobian. */
function speeds(j: Matrix, { set }: ExplorerDirections): number[] {
  return Array.from({ length: set.vectors.cols }, (_, k) => {
    let squares = 0;
    for (let row = 0; row < j.rows; row++) {
      let sum = 0;
      for (let i = 0; i < j.cols; i++)
        sum += j.data[row * j.cols + i]! * set.vectors.data[i * set.vectors.cols + k]!;
      squares += sum * sum;
    }
    return Math.sqrt(squares);
  });
}

describe("ModelEngine", () => {
  it("describes the spaces of the model", () => {
    expect(model.from).toMatchObject({ name: "z", dim: 128 });
    expect(model.to).toMatchObject({ name: "image", shape: [3, 64, 64] });
    expect(model.froms[0]!.name).toBe("z");
    expect(model.tos.at(-1)!.name).toBe("image");
    expect(model.deviation).toBe(1);
  });

  it("opens a checkpoint as the model that it is", async () => {
    const file = new URL("../../checkpoints/test/fixtures/stylegan2_ada.pkl", import.meta.url);
    const other = new ModelEngine(new NodeRuntime({ threads: 1 }));
    try {
      const opened = await other.load({ name: "network.pkl", bytes: new Uint8Array(readFileSync(file)) }, {});
      expect(opened.from).toMatchObject({ name: "z", dim: 6 });
      expect(opened.to).toMatchObject({ name: "image", shape: [3, 16, 16] });
      expect(opened.froms.map(({ name }) => name)).toEqual(expect.arrayContaining(["w", "w_plus"]));
    } finally {
      other.dispose();
    }
  });

  it("draws the samples of core, which are not truncated before the mapping network", async () => {
    expect(await engine.sample(3, 1)).toEqual(point);
    expect(model.truncation).toEqual({ kind: "graph", space: "w", psi: 1 });
    expect(await engine.sample(3, 0.5)).toEqual(point);
  });

  it("finds the Local Basis and the local dimension of core", async () => {
    const expected = await localBasisAt(map, point);
    const { set, spectrum, speeds: found } = basis;
    expect(set.vectors.data).toEqual(leadingColumns(expected.inputVectors, set.vectors.cols).data);
    expect(spectrum.singularValues).toEqual(expected.singularValues);
    expect(found).toEqual(expected.singularValues.slice(0, set.vectors.cols));
    expect(spectrum.dimension).toEqual(
      localDimension(expected.singularValues, { inputDim: 128, outputDim: 3 * 64 * 64 }),
    );
  });

  describe("of a model with more directions than are kept", () => {
    const file = { name: "wide.onnx", bytes: light(128, 8) };
    const wide = new ModelEngine(new NodeRuntime({ threads: 1 }));
    let z: Float32Array;
    let j: Matrix;
    beforeAll(async () => {
      await wide.load(file, {});
      const map = await OnnxMap.create(decodeModel(file.bytes, file.name), new NodeRuntime({ threads: 1 }));
      z = samplePoints(map.from, 3, 0, 1);
      j = await jacobian(map, z);
      await map.dispose();
    });
    afterAll(() => wide.dispose());

    it.each(["sefa", "pca", "metric"] as const)(
      "%s: unit directions, and their speeds at the point",
      async (kind) => {
        const found = await wide.directions(kind, z);
        const products = gram(found.set.vectors);
        for (let k = 0; k < products.rows; k++)
          expect(products.data[k * products.cols + k]).toBeCloseTo(1, 6);
        // Those of regression are not orthogonal.
        if (kind !== "pca") {
          const unit = identity(products.rows);
          products.data.forEach((x, at) => {
            expect(x).toBeCloseTo(unit.data[at]!, 6);
          });
        }
        const expected = speeds(j, found);
        found.speeds.forEach((speed, k) => {
          expect(speed / expected[k]!).toBeCloseTo(1, 4);
        });
      },
    );

    it("edits a space inside the network: its samples come from the input, its images are the same", async () => {
      const inner = new ModelEngine(new NodeRuntime({ threads: 1 }));
      const { froms } = await inner.load(file, {});
      const from = froms[1]!.name;
      const model = await inner.choose({ from });
      expect(model.from.name).toBe(from);
      expect(model.deviation).toBeGreaterThan(0);
      const [image] = await inner.render(await inner.sample(3, 1), 1);
      const [expected] = await wide.render(z, 1);
      image!.data.forEach((x, at) => {
        expect(Math.abs(x - expected!.data[at]!)).toBeLessThanOrEqual(1);
      });
      const { spectrum } = await inner.basis(await inner.sample(3, 1));
      expect(spectrum.singularValues.length).toBe(froms[1]!.dim);
      inner.dispose();
    });

    it("says by which route the derivative came, and saves it", async () => {
      const first: (readonly [count: number, route: string | undefined])[] = [];
      const { route, spectrum, set } = await wide.basis(z, {
        progress: ({ found }) => void (found && first.push([found.set.names.length, found.route])),
      });
      // One can move along the first before the whole Jacobian is there.
      expect(first).toEqual([
        [4, "linearized products"],
        [12, "linearized products"],
      ]);
      expect([route, spectrum.route, set.provenance?.options]).toEqual([
        "matrix",
        "matrix",
        { k: 64, routes: ["matrix"] },
      ]);
      const axes = await wide.directions("metric", z);
      expect(axes.route).toBe("columns");
      expect(axes.set.provenance?.options).toEqual({ of: "mean", routes: ["columns"] });
      // Weights and samples know no derivative.
      expect((await wide.directions("sefa", z)).route).toBeUndefined();
    });
  });

  it("saves directions that it opens again, with their provenance", async () => {
    const { set } = basis;
    const file = await engine.save(set);
    const decoded = decodeDirections(file);
    expect(decoded.point).toEqual(point);
    expect(decoded.provenance).toMatchObject({
      tool: `vielbein explorer ${manifest.version}`,
      model: { file: "faces.onnx" },
    });
    const opened = await engine.open(file, point);
    expect(Array.from(opened.set.vectors.data)).toEqual(Array.from(set.vectors.data));
    opened.speeds.forEach((speed, k) => {
      expect(speed / set.values!.values[k]!).toBeCloseTo(1, 3);
    });
  });

  it("states the hash of the file that the bytes were made of, where it is told", async () => {
    const inner = new ModelEngine(new NodeRuntime({ threads: 1 }));
    await inner.load({ name: "light.onnx", bytes: lightModel, sha256: "5e".repeat(32) }, {});
    const { set } = await inner.directions("sefa", await inner.sample(3, 1));
    expect(set.provenance?.model.sha256).toBe("5e".repeat(32));
    inner.dispose();
  });

  it("states the architecture of a checkpoint, and what it was read with", async () => {
    const inner = new ModelEngine(new NodeRuntime({ threads: 1 }));
    const url = new URL("../../checkpoints/test/fixtures/stylegan2_ada_conditional.pkl", import.meta.url);
    const file = { name: "faces.pkl", bytes: new Uint8Array(readFileSync(url)) };
    const { checkpoint } = await inner.load(file, { checkpoint: { label: 2 } });
    expect(checkpoint).toEqual({ label: 2 });
    const { set } = await inner.directions("sefa", await inner.sample(3, 1));
    expect(set.provenance?.model).toMatchObject({
      architecture: "StyleGAN2 (NVIDIA) 2",
      remarks: expect.arrayContaining(["with label 2"]),
    });
    inner.dispose();
  });

  it("refuses directions of another space and what is no model", async () => {
    const inner = new ModelEngine(new NodeRuntime({ threads: 1 }));
    const { froms } = await inner.load({ name: "faces.onnx", bytes }, {});
    const file = await engine.save(basis.set);
    await inner.choose({ from: froms[1]!.name });
    await expect(inner.open(file, new Float32Array(froms[1]!.dim))).rejects.toMatchObject({
      code: "INVALID_SPACE",
    });
    await expect(inner.load({ name: "x", bytes: new Uint8Array(9).fill(255) }, {})).rejects.toMatchObject({
      code: "INVALID_MODEL",
    });
    // What was open stays open.
    expect((await inner.render(await inner.sample(0, 1), 1)).length).toBe(1);
    inner.dispose();
  });
});

it("offers the codes of a mapping network, one for all layers and one for each", async () => {
  const layered = new ModelEngine(new NodeRuntime({ threads: 1 }));
  const { froms } = await layered.load({ name: "layered.onnx", bytes: layeredModel }, {});
  expect(froms.map(({ name }) => name)).toEqual(expect.arrayContaining(["z", "w", "w_plus"]));
  expect(froms.find(({ name }) => name === "w_plus")!.shape).toEqual([3, 4]);
  layered.dispose();
});

describe("a long code", () => {
  const long = new ModelEngine(new NodeRuntime({ threads: 1 }));
  afterAll(() => long.dispose());
  let code: Float32Array;
  beforeAll(async () => {
    await long.load({ name: "long.onnx", bytes: longModel }, {});
    code = await long.sample(3, 1);
  });

  it("has its leading directions, the first few first, each time those of the whole Jacobian", async () => {
    const found: LocalBasisReply[] = [];
    const progress = ({ found: reply }: Progress<LocalBasisReply>) => void (reply && found.push(reply));
    found.push(await long.basis(code, { progress }));
    const counts = found.map(({ spectrum }) => spectrum.singularValues.length);
    expect(counts).toEqual([4, 12, 32]);
    const whole = await OnnxMap.create(decodeModel(longModel, "long.onnx"), new NodeRuntime({ threads: 1 }));
    const expected = await localBasisAt(whole, code);
    await whole.dispose();
    for (const [stage, { set, spectrum, speeds, route }] of found.entries()) {
      const { rows, cols, data } = set.vectors;
      const tolerance = [1e-3, 1e-4, 1e-5][stage]! * expected.singularValues[0]!;
      spectrum.singularValues.forEach((value, k) => {
        expect(Math.abs(value - expected.singularValues[k]!)).toBeLessThan(tolerance);
      });
      expect([...speeds]).toEqual([...spectrum.singularValues]);
      // The sign is that of the whole decomposition too.
      for (let k = 0; k < cols; k++) {
        let product = 0;
        for (let i = 0; i < rows; i++) {
          product += data[i * cols + k]! * expected.inputVectors.data[i * expected.inputVectors.cols + k]!;
        }
        expect(product).toBeGreaterThan(0.999);
      }
      expect(route).toBe("linearized products");
      expect(spectrum).toMatchObject({ route, dimension: undefined });
      expect(set.provenance?.options).toEqual({ k: cols, routes: ["linearized products"] });
    }
  });

  it("of large images, whose products take seconds, no more than twelve are looked for", async () => {
    const large = new ModelEngine(new NodeRuntime({ threads: 1 }));
    await large.load({ name: "large.onnx", bytes: largeModel }, {});
    const counts: number[] = [];
    const progress = ({ found }: Progress<LocalBasisReply>): void =>
      void (found && counts.push(found.set.vectors.cols));
    const point = await large.sample(3, 1);
    const { set } = await large.basis(point, { progress });
    const sefa = await large.directions("sefa", point);
    large.dispose();
    expect([...counts, set.vectors.cols, sefa.set.vectors.cols]).toEqual([4, 12, 12]);
  });

  it("is given up between two of its steps", async () => {
    const controller = new AbortController();
    const reason = new DOMException("Another code is wanted.", "AbortError");
    let heard = 0;
    const progress = (): void => {
      heard += 1;
      controller.abort(reason);
    };
    await expect(long.basis(code, { signal: controller.signal, progress })).rejects.toBe(reason);
    expect(heard).toBe(1);
  });
});

describe("truncation", () => {
  const styledFile = { name: "styled.onnx", bytes: encodeModel(styled()) };
  const truncating = new ModelEngine(new NodeRuntime({ threads: 1 }));
  afterAll(() => truncating.dispose());
  const opened = (options: OnnxMapOptions) =>
    OnnxMap.create(styled(), new NodeRuntime({ threads: 1 }), options);

  it("pulls toward the mean of w, of 10,000 samples, and what lies behind it goes with it", async () => {
    const [mapping, onward] = [await opened({ to: "w" }), await opened({ from: "w", to: "hidden" })];
    const values = await mapping.evaluate(samplePoints(mapping.from, 0, 0, 10_000), 10_000);
    const mean = Float64Array.from({ length: 6 }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < 10_000; i++) sum += values[6 * i + j]!;
      return sum / 10_000;
    });
    const w = await mapping.evaluate(samplePoints(mapping.from, 4, 0, 1), 1);
    const expected = w.map((x, j) => mean[j]! + 0.5 * (x - mean[j]!));
    const { truncation } = await truncating.load(styledFile, { from: "w" });
    expect(truncation).toEqual({ kind: "mean", space: "w", psi: 1 });
    expect(await truncating.sample(4, 1)).toEqual(w);
    const near = async (wanted: Float32Array) =>
      (await truncating.sample(4, 0.5)).forEach((x, j) => {
        expect(x).toBeCloseTo(wanted[j]!, 5);
      });
    await near(expected);
    expect((await truncating.choose({ from: "hidden" })).truncation).toMatchObject({
      kind: "mean",
      space: "w",
    });
    await near(await onward.evaluate(expected, 1));
    await mapping.dispose();
    await onward.dispose();
  });

  it("is a part of the maps before w: codes stay, images and directions are those of the truncated generator", async () => {
    await truncating.load(styledFile, { from: "w" });
    const w = await truncating.sample(4, 0.5);
    const [expected] = await truncating.render(w, 1);
    const [mapping, onward] = [await opened({ to: "w" }), await opened({ from: "w" })];
    const z = samplePoints(mapping.from, 4, 0, 1);
    const product = matmul(await jacobian(onward, w), await jacobian(mapping, z));
    const { s } = svd(product, { vectors: "none" });
    const whole = await truncating.load(styledFile, { from: "z" });
    expect(whole.truncation).toEqual({ kind: "graph", space: "w", psi: 1 });
    const { truncation } = await truncating.choose({ truncation: 0.5 });
    expect(truncation).toEqual({ kind: "graph", space: "w", psi: 0.5 });
    expect(await truncating.sample(4, 0.5)).toEqual(z);
    const [image] = await truncating.render(z, 1);
    image!.data.forEach((value, i) => {
      expect(Math.abs(value - expected!.data[i]!)).toBeLessThanOrEqual(1);
    });
    const { spectrum } = await truncating.basis(z);
    spectrum.singularValues.forEach((value, i) => {
      expect(Math.abs(value - s[i]! / 2)).toBeLessThan(1e-5 * s[0]!);
    });
    // Another choice keeps what is in force.
    expect((await truncating.choose({ from: "active" })).truncation.psi).toBe(0.5);
    await mapping.dispose();
    await onward.dispose();
  });

  it("scales the samples of a model without mapping network", async () => {
    const file = { name: "generator.onnx", bytes: generatorBytes };
    expect((await truncating.load(file, {})).truncation).toEqual({ kind: "scale", space: "z", psi: 1 });
    const whole = await truncating.sample(4, 1);
    expect(await truncating.sample(4, 0.5)).toEqual(whole.map((x) => x / 2));
  });
});

describe("a model with further inputs", () => {
  const file = { name: "conditional.onnx", bytes: conditionalModel };
  const conditional = new ModelEngine(new NodeRuntime({ threads: 1 }));
  afterAll(() => conditional.dispose());

  it("opens with zeros; the code is the first input of floating point without a value", async () => {
    const { inputs, set, from } = await conditional.load(file, {});
    expect(from).toMatchObject({ name: "z", dim: 5 });
    expect(inputs.map(({ name }) => name)).toEqual(["label", "condition", "noise"]);
    expect(set).toEqual({});
    const other = await conditional.load(file, { set: { z: { all: 0 } } });
    expect(other.from).toMatchObject({ name: "condition", dim: 3 });
  });

  it("computes with the values that are set, and keeps them for other spaces", async () => {
    await conditional.load(file, { set: { label: [3], condition: [1, 0, -2] } });
    const given = await OnnxMap.create(
      decodeModel(conditionalModel, file.name),
      new NodeRuntime({ threads: 1 }),
      {
        from: "z",
        inputs: {
          label: { type: "int64", dims: [1], data: BigInt64Array.of(3n) },
          condition: { type: "float32", dims: [1, 3], data: Float32Array.of(1, 0, -2) },
          noise: { type: "float32", dims: [1, 1, 16, 16], data: new Float32Array(256) },
        },
      },
    );
    const z = await conditional.sample(3, 1);
    const expected = await localBasisAt(given, z);
    await given.dispose();
    const { spectrum } = await conditional.basis(z);
    expect(spectrum.singularValues).toEqual(expected.singularValues);
    // Several points in one run share the values.
    const [first, second] = await conditional.render(Float32Array.of(...z, ...z), 2);
    expect(second!.data).toEqual(first!.data);
    const { set } = await conditional.choose({ from: "bent" });
    expect(set).toEqual({ label: [3], condition: [1, 0, -2] });
    const named = await conditional.choose({ set: { label: [3], condition: { onehot: 1 } } });
    expect(named.set).toEqual({ label: [3], condition: { onehot: 1 } });
    const reset = await conditional.choose({ set: {} });
    expect(reset.set).toEqual({});
    expect((await conditional.basis(z)).spectrum.singularValues[0]).not.toBeCloseTo(
      expected.singularValues[0]!,
      3,
    );
  });

  it("refuses values that do not fit, and what was open stays open", async () => {
    const before = await conditional.load(file, { set: { label: [1] } });
    await expect(conditional.choose({ set: { condition: [1, 2] } })).rejects.toMatchObject({
      code: "SHAPE_MISMATCH",
    });
    await expect(conditional.choose({ set: { labels: [1] } })).rejects.toMatchObject({
      code: "INVALID_SPACE",
    });
    expect((await conditional.choose({})).set).toEqual(before.set);
  });
});

describe("a file that leaves axes open, or fixes a batch", () => {
  const image = (shape: (number | string)[]) => [{ name: "image", dataType: DataType.FLOAT, shape }];
  const open = encodeModel(
    makeModel({
      nodes: [node("Conv", ["z", "K"], ["image"])],
      initializers: [floats("K", [3, 2, 1, 1])],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 2, "height", -1] }],
      outputs: image(["n", 3, "height", "width"]),
    }),
  );

  it("has 8 of each open axis, and others when they are chosen", async () => {
    const fitted = new ModelEngine(new NodeRuntime({ threads: 1 }));
    const first = await fitted.load({ name: "open.onnx", bytes: open }, {});
    expect(first.extents).toEqual({ height: 8, "z axis 3": 8 });
    expect(first.from.shape).toEqual([2, 8, 8]);
    const second = await fitted.choose({ extents: { height: 4 } });
    expect(second.extents).toEqual({ height: 4, "z axis 3": 8 });
    expect(second.to.shape).toEqual([3, 4, 8]);
    const [picture] = await fitted.render(await fitted.sample(0, 1), 1);
    expect([picture!.width, picture!.height]).toEqual([8, 4]);
    // What does not fit changes nothing.
    await expect(fitted.choose({ extents: { height: 0 } })).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    expect((await fitted.choose({})).extents).toEqual(second.extents);
    fitted.dispose();
  });

  it("is a map of one point of a batch, and that is remarked on", async () => {
    const fixed = encodeModel(
      makeModel({
        nodes: [node("Gemm", ["z", "W"], ["flat"]), node("Reshape", ["flat", "s"], ["image"])],
        initializers: [floats("W", [3, 16]), int64s("s", [5, 1, 4, 4])],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [5, 3] }],
        outputs: image([5, 1, 4, 4]),
      }),
    );
    const fitted = new ModelEngine(new NodeRuntime({ threads: 1 }));
    const { from, remarks } = await fitted.load({ name: "fixed.onnx", bytes: fixed }, {});
    expect(from.shape).toEqual([3]);
    expect(remarks).toEqual([expect.stringMatching(/a batch of 5 is fixed, whose points do not influence/)]);
    fitted.dispose();
  });
});

describe("layouts of outputs", () => {
  const engine = new ModelEngine(new NodeRuntime({ threads: 1 }));
  afterAll(() => engine.dispose());
  const load = (shape: readonly number[], metadata: Record<string, string> = {}, layout?: string) =>
    engine.load({ name: "shaped.onnx", bytes: encodeModel(shaped(shape, metadata)) }, { layout });
  const z = Float32Array.of(0.1, -0.2, 0.3, 0.4);
  const drawn = async () => (await engine.render(z, 1))[0]!;

  it("a flat output opens as what is guessed, and is drawn by another layout at once", async () => {
    const { layout, remarks } = await load([75]);
    expect(remarks).toEqual(['"x" is [75]: read as chw:3,5,5, which is a guess']);
    expect(layout).toEqual({
      layout: "chw:3,5,5",
      shows: "image",
      from: "shape",
      possible: ["chw:3,5,5", "hwc:5,5,3", "signal:75"],
      keys: [],
    });
    expect((await drawn()).width).toBe(5);
    const arranged = await engine.arrange("hwc");
    expect(arranged.layout).toMatchObject({ layout: "hwc:5,5,3", from: "choice" });
    expect(arranged.remarks).toEqual([]);
    const last = await drawn();
    // Other spaces keep it, another model does not.
    expect((await engine.choose({ to: "flat" })).layout).toEqual(arranged.layout);
    expect(await drawn()).toEqual(last);
    await load([5, 5, 3]);
    expect(await drawn()).toEqual(last);
    expect((await load([75])).layout.from).toBe("shape");
  });

  it("as the model states, and as the address says over that", async () => {
    const stated = { "vielbein.layout": "hw:3,25" };
    expect((await load([75], stated)).layout).toMatchObject({
      layout: "hw:3,25",
      from: "model",
      possible: ["chw:3,5,5", "hwc:5,5,3", "signal:75", "hw:3,25"],
    });
    const { layout } = await load([75], stated, "signal");
    expect(layout).toMatchObject({ layout: "signal:75", shows: "signal", from: "choice" });
    expect(await drawn()).toMatchObject({ width: 400, height: 200 });
  });

  it("images say so by themselves, signals span all of their values, classes have colours", async () => {
    expect(await load([3, 8, 8])).toMatchObject({ layout: { layout: "chw:3,8,8" }, remarks: [] });
    expect((await load([10, 4, 4])).layout.layout).toBe("sheet:10,4,4");
    const { keys } = (await engine.arrange("classes")).layout;
    expect(keys.map(({ label }) => label).join()).toBe("0,1,2,3,4,5,6,7,8,9");
    expect(keys[1]).toMatchObject({ label: "1", colour: "#e69f00" });
    const colours = new Set(new Uint32Array((await drawn()).data.buffer));
    expect(colours.size).toBeGreaterThan(2);
    expect(colours.size).toBeLessThanOrEqual(10);
  });

  it("refuses what does not fit, and what was in force stays", async () => {
    await load([75]);
    const before = await drawn();
    await expect(engine.arrange("hw:2,2")).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await expect(engine.arrange("nchw")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await drawn()).toEqual(before);
    await expect(load([2, 3, 4, 4])).rejects.toThrow("Possible with `layout` in the address: sheet:6,4,4");
    expect((await load([2, 3, 4, 4], {}, "sheet:6,4,4")).layout.possible).toEqual(["sheet:6,4,4"]);
  });
});

it("version: that of the manifest", () => {
  expect(version).toBe(manifest.version);
});
