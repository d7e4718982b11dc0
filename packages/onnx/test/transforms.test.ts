// Options of the transforms: the portable form, rules of one's own, parameters, shared subexpressions.

import type { Runtime } from "@vielbein/core/runtime";
import { describe, expect, test } from "vitest";
import { shareCommonSubexpressions } from "../src/derive/common-subexpressions.ts";
import {
  DataType,
  type DerivativeRule,
  decodeModel,
  jvp,
  type Model,
  OnnxMap,
  prepare,
  vjp,
} from "../src/index.ts";
import { float, makeNode } from "../src/model/attributes.ts";
import { floatAttribute } from "../src/model/model.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { pooling } from "./cases/pooling.ts";
import { assemble } from "./derivative.ts";
import { runGraph } from "./graphs.ts";
import { irregular, makeModel, randomStream, relativeError, runtime } from "./helpers.ts";

const maxima = pooling.filter(({ op }) => op === "MaxPool");

describe("portable", () => {
  test.each(maxima.map((entry) => [entry.about, entry] as const))("MaxPool: %s", async (_about, entry) => {
    const { model, point } = assemble(entry.build, "float32", entry);
    const graph = await prepare(model, runtime);
    const random = randomStream(2);
    const tangents = irregular(random, 3 * point.length);
    const [plain, portable] = [jvp(graph), jvp(graph, { portable: true })];
    const feeds = { [plain.input]: point, [plain.inputTangent]: tangents };
    const expected = (await runGraph(plain.model, feeds))[plain.outputTangent]!;
    expect(relativeError((await runGraph(portable.model, feeds))[plain.outputTangent]!, expected)).toBe(0);

    const [reverse, portably] = [vjp(graph), vjp(graph, { portable: true })];
    const back = {
      [plain.input]: point,
      [reverse.outputCotangent]: irregular(random, 2 * (expected.length / 3)),
    };
    const pulled = (await runGraph(reverse.model, back))[reverse.inputCotangent]!;
    const result = (await runGraph(portably.model, back))[reverse.inputCotangent]!;
    expect(relativeError(result, pulled)).toBeLessThan(2e-7);

    for (const { nodes } of [portable.model.graph, portably.model.graph]) {
      expect(nodes.filter(({ opType, outputs }) => opType === "MaxPool" && outputs.length > 1)).toEqual([]);
      expect(nodes.filter(({ opType }) => opType === "ScatterElements")).toEqual([]);
    }
  });

  test("is what a runtime that asks for it gets", async () => {
    const { build } = maxima[0]!;
    const { model, point } = assemble(build, "float32", {});
    const outputs = async (portable: boolean): Promise<number> => {
      const created: Model[] = [];
      const watched: Runtime = {
        name: runtime.name,
        portable,
        createSession: (source, options) => {
          created.push(decodeModel(source.bytes));
          return runtime.createSession(source, options);
        },
      };
      const map = await OnnxMap.create(model, watched);
      await map.jvp(Float32Array.from(point), new Float32Array(point.length), 1);
      await map.dispose();
      const pools = created.at(-1)!.graph.nodes.filter(({ opType }) => opType === "MaxPool");
      return Math.max(...pools.map((node) => node.outputs.length));
    };
    expect(await outputs(false)).toBe(2);
    expect(await outputs(true)).toBe(1);
  });

  test("what lies in the padding is never the maximum, and equals share", async () => {
    const model = makeModel({
      nodes: [
        makeNode("MaxPool", ["x"], ["y"], {
          kernel_shape: { type: "ints", value: [2] },
          pads: { type: "ints", value: [1, 0] },
        }),
      ],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 1, 3] }],
      outputs: [{ name: "y" }],
    });
    const {
      model: derivative,
      inputTangent,
      outputTangent,
    } = jvp(await prepare(model, runtime), { portable: true });
    const result = await runGraph(derivative, { x: [-1, -2, -2], [inputTangent]: [10, 20, 40] });
    expect([...result[outputTangent]!]).toEqual([10, 10, 30]);
  });
});

describe("rules of one's own", () => {
  const build = (): Model => {
    const model = makeModel({
      nodes: [{ ...makeNode("QuickGelu", ["x"], ["y"], { alpha: float(1.5) }), domain: "com.microsoft" }],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 6] }],
      outputs: [{ name: "y" }],
    });
    return { ...model, opsets: new Map([...model.opsets, ["com.microsoft", 1]]) };
  };
  /** d(x·σ(αx)) = σ(αx)·(1 + αx·(1 − σ(αx))). */
  const slope: DerivativeRule["jvp"] = (e, node, [t]) => {
    const scaled = e.op("Mul", [node.inputs[0], e.scalar(floatAttribute(node, "alpha", 1.702))]);
    const sigma = e.op("Sigmoid", [scaled]);
    const tail = e.op("Mul", [scaled, e.op("Sub", [e.scalar(1), sigma])]);
    return [e.op("Mul", [t, e.op("Mul", [sigma, e.op("Add", [e.scalar(1), tail])])])];
  };
  const x = Float32Array.of(-2, -0.5, 0, 0.3, 1, 4);

  test("come before those of the package", async () => {
    const triple: DerivativeRule["jvp"] = (e, _node, [t]) => [e.op("Mul", [t, e.scalar(3)])];
    const rules = new Map([["com.microsoft::QuickGelu", { jvp: triple, vjp: triple }]]);
    const map = await OnnxMap.create(build(), runtime, { rules });
    expect(Array.from(await map.jvp(x, x, 1))).toEqual(Array.from(x, (value) => Math.fround(3 * value)));
    await map.dispose();
  });

  test("with one the derivative is exact, forwards and in reverse", async () => {
    const rules = new Map([["com.microsoft::QuickGelu", { jvp: slope, vjp: slope }]]);
    const map = await OnnxMap.create(build(), runtime, { rules });
    const expected = Array.from(x, (value) => {
      const sigma = 1 / (1 + Math.exp(-1.5 * value));
      return sigma * (1 + 1.5 * value * (1 - sigma));
    });
    const ones = new Float32Array(6).fill(1);
    expect(relativeError(await map.jvp(x, ones, 1), expected)).toBeLessThan(1e-6);
    expect(relativeError(await map.vjp(x, ones, 1), expected)).toBeLessThan(1e-6);
    await map.dispose();
  });
});

describe("parameters", () => {
  const product: Model = makeModel({
    nodes: [makeNode("Exp", ["s"], ["scale"]), makeNode("Mul", ["x", "scale"], ["y"])],
    inputs: ["x", "s"].map((name) => ({ name, dataType: DataType.FLOAT, shape: [1, 3] })),
    outputs: [{ name: "y" }],
  });

  test("stay inputs and are not differentiated", async () => {
    const graph = await prepare(product, runtime, { from: "x", parameters: ["s"] });
    const { model, inputTangent, outputTangent } = jvp(graph);
    expect(model.graph.inputs.map(({ name }) => name)).toEqual(["x", "s", inputTangent]);
    for (const s of [
      [0, 1, 2],
      [1, 0, -1],
    ]) {
      const result = await runGraph(model, { x: [1, 2, 3], s, [inputTangent]: [1, 1, 1] });
      expect(relativeError(result[outputTangent]!, s.map(Math.exp))).toBeLessThan(1e-6);
    }
  });

  test("must be inputs of the graph beside the point", async () => {
    for (const parameters of [["scale"], ["x"], ["nowhere"]]) {
      await expect(prepare(product, runtime, { from: "x", parameters })).rejects.toMatchObject({
        code: "INVALID_SPACE",
      });
    }
  });
});

describe("common subexpressions", () => {
  const exp = (input: string, output: string) => makeNode("Exp", [input], [output]);

  test("chains of repeated nodes collapse, kept names stay", () => {
    const nodes = [
      exp("x", "a"),
      exp("x", "b"),
      makeNode("Tanh", ["a"], ["c"]),
      makeNode("Tanh", ["b"], ["d"]),
      makeNode("Add", ["c", "d"], ["y"]),
      exp("x", "z"),
    ];
    const shared = shareCommonSubexpressions(nodes, ["y", "z"]);
    expect(shared.map(({ outputs }) => outputs[0])).toEqual(["a", "c", "y", "z"]);
    expect(shared[2]!.inputs).toEqual(["c", "c"]);
  });

  test("attributes and the outputs asked for tell nodes apart", () => {
    const nodes = [
      makeNode("LeakyRelu", ["x"], ["a"], { alpha: float(0.1) }),
      makeNode("LeakyRelu", ["x"], ["b"], { alpha: float(0.2) }),
      makeNode("MaxPool", ["x"], ["c"]),
      makeNode("MaxPool", ["x"], ["d", "indices"]),
    ];
    expect(shareCommonSubexpressions(nodes, [])).toHaveLength(4);
  });

  test("a network that computes the same layer twice is differentiated once", async () => {
    const weights = irregular(randomStream(1), 9);
    const model = makeModel({
      nodes: [
        makeNode("MatMul", ["x", "w"], ["a"]),
        makeNode("MatMul", ["x", "w"], ["b"]),
        makeNode("Add", ["a", "b"], ["y"]),
      ],
      initializers: [float32Tensor("w", weights, [3, 3])],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 3] }],
      outputs: [{ name: "y" }],
    });
    const { nodes } = jvp(await prepare(model, runtime)).model.graph;
    expect(nodes.filter(({ opType }) => opType === "MatMul")).toHaveLength(2);
  });
});

describe("consecutive factors", () => {
  const build = (gain: number): Model =>
    makeModel({
      nodes: [
        makeNode("LeakyRelu", ["x"], ["a"], { alpha: float(0.2) }),
        makeNode("Mul", ["a", "gain"], ["b"]),
        makeNode("Mul", ["b", "scale"], ["y"]),
      ],
      initializers: [float32Tensor("gain", [gain], []), float32Tensor("scale", [1, 2, 3], [1, 3])],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 3] }],
      outputs: [{ name: "y" }],
    });
  const tangentProducts = ({ graph }: Model, tangent: string) => {
    const reached = new Set([tangent]);
    return graph.nodes.filter((node) => {
      const isReached = node.inputs.some((name) => reached.has(name));
      if (isReached) reached.add(node.outputs[0]!);
      return isReached && node.opType === "Mul";
    }).length;
  };

  test("a mask, a gain and what follows are one product, computed without k", async () => {
    const graph = await prepare(build(1.5), runtime);
    const forward = jvp(graph);
    expect(tangentProducts(forward.model, forward.inputTangent)).toBe(1);
    const feeds = { x: [1, -1, 2], [forward.inputTangent]: [1, 1, 1, 2, 0, -1] };
    const result = await runGraph(forward.model, feeds);
    expect(relativeError(result[forward.outputTangent]!, [1.5, 0.6, 4.5, 3, 0, -4.5])).toBeLessThan(1e-6);
    const reverse = vjp(graph);
    expect(tangentProducts(reverse.model, reverse.outputCotangent)).toBe(1);
  });

  test("a large constant and a slope of any size stay apart: their product might overflow", async () => {
    const model = makeModel({
      nodes: [makeNode("Sqrt", ["x"], ["a"]), makeNode("Mul", ["a", "gain"], ["y"])],
      initializers: [float32Tensor("gain", [2 ** 80], [])],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 3] }],
      outputs: [{ name: "y" }],
    });
    const { model: derivative, inputTangent, outputTangent } = jvp(await prepare(model, runtime));
    expect(tangentProducts(derivative, inputTangent)).toBe(2);
    // The slope at 2⁻¹²⁰ is 2⁵⁹.
    const feeds = { x: [2 ** -120, 1, 4], [inputTangent]: [2 ** -60, 2, 4] };
    const result = await runGraph(derivative, feeds);
    expect([...result[outputTangent]!]).toEqual([2 ** 79, 2 ** 80, 2 ** 80]);
  });
});
