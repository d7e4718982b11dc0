// Graphs of very many nodes, and of deeply nested ones: no recursion over them, no quadratic walks.

import type { Runtime, Session, SessionOptions } from "@vielbein/core/runtime";
import { describe, expect, test } from "vitest";
import type { PreparedGraph } from "../src/derive/prepared-graph.ts";
import { openSession } from "../src/file/source.ts";
import {
  type Attribute,
  DataType,
  decodeModel,
  differentiability,
  encodeModel,
  jvp,
  layers,
  type Model,
  type Node,
  redrawWeights,
  vjp,
} from "../src/index.ts";
import { int, makeNode } from "../src/model/attributes.ts";
import { pushTo } from "../src/model/graph.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { scaleActivations } from "../src/prepare/modulation.ts";
import { normalize } from "../src/prepare/normalize.ts";
import { makeModel } from "./helpers.ts";

const info = { dataType: DataType.FLOAT, shape: [1, 4] };

function network(nodes: readonly Node[]): Model {
  return makeModel({
    nodes,
    initializers: [float32Tensor("c", [1, 2, 3, 4], [1, 4])],
    inputs: [{ name: "z", ...info }],
    outputs: [{ name: "y", ...info }],
  });
}

/** n nodes in a row, by `step` from the name of one tensor to the next. */
function chained(n: number, step: (x: string, y: string) => Node): Node[] {
  const name = (i: number) => (i === 0 ? "z" : i === n ? "y" : `h${i}`);
  return Array.from({ length: n }, (_, i) => step(name(i), name(i + 1)));
}

/** As `prepare` returns it, without an engine: all tensors are [1, 4]. */
function prepared(model: Model): PreparedGraph {
  const { nodes, initializers } = model.graph;
  const names = ["z", "c", ...nodes.flatMap(({ outputs }) => outputs)];
  return {
    model,
    input: "z",
    output: "y",
    parameters: [],
    info: new Map(names.map((name) => [name, info])),
    constants: new Map(initializers.map((tensor) => [tensor.name, tensor])),
    rules: new Map(),
    opset: 18,
    positions: new Map(),
  };
}

const count = 12_000;
/** Each becomes several nodes. */
const wide = Array.from({ length: 4000 }, (_, i) => `t${i}`);
const graphs: readonly (readonly [string, readonly Node[]])[] = [
  ["a chain", chained(count, (x, y) => makeNode("Tanh", [x], [y]))],
  ["a chain written backwards", chained(count, (x, y) => makeNode("Tanh", [x], [y])).toReversed()],
  ["a chain of products with itself", chained(count, (x, y) => makeNode("Mul", [x, x], [y]))],
  [
    "a chain of scaled constants",
    [...chained(count, (x, y) => makeNode("Mul", [x === "z" ? "c" : x, "z"], [y]))],
  ],
  [
    "one node with 4,000 inputs",
    [...wide.map((t) => makeNode("Tanh", ["z"], [t])), makeNode("Sum", wide, ["y"])],
  ],
  ["a maximum of 4,000", [...wide.map((t) => makeNode("Tanh", ["z"], [t])), makeNode("Max", wide, ["y"])]],
];

describe.each(graphs)("many nodes: %s", (_what, nodes) => {
  test("every step within seconds", { timeout: 120_000 }, () => {
    const model = normalize(decodeModel(encodeModel(network(nodes))));
    const graph = scaleActivations(prepared(model));
    expect(jvp(graph).model.graph.nodes.length).toBeGreaterThan(nodes.length);
    expect(vjp(graph).model.graph.nodes.length).toBeGreaterThan(nodes.length);
    expect(differentiability(graph).length).toBeGreaterThanOrEqual(nodes.length);
    expect(layers(graph).length).toBeLessThanOrEqual(count + 1);
    try {
      redrawWeights(model, { kind: "redrawn", seed: 1 });
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_MODEL" });
    }
  });
});

test("graphs within graphs, 500 deep, are read, brought to one form and written", () => {
  const leaf: Node = makeNode("Squeeze", ["z"], ["r500"], { axes: { type: "ints", value: [0] } });
  let node = leaf;
  for (let depth = 499; depth >= 0; depth--) {
    const branch: Attribute = {
      type: "graph",
      value: {
        name: "branch",
        nodes: [node],
        initializers: [],
        inputs: [],
        outputs: [{ name: `r${depth + 1}` }],
        valueInfo: [],
        unknown: [],
      },
    };
    node = makeNode("If", ["yes"], [depth === 0 ? "y" : `r${depth}`], { then_branch: branch, odd: int(1) });
  }
  const yes = { name: "yes", dims: [], dataType: DataType.BOOL, raw: Uint8Array.of(1) };
  const shell = network([node]);
  const model = { ...shell, graph: { ...shell.graph, initializers: [yes] }, opsets: new Map([["", 11]]) };
  const before = process.cpuUsage();
  const bytes = encodeModel(normalize(decodeModel(encodeModel(model))));
  expect(bytes.length).toBeGreaterThan(10_000);
  // Of the processor: a busy machine takes longer.
  expect(process.cpuUsage(before).user).toBeLessThan(5e6);
});

/** What the engine is asked for a model. */
async function askedFor(model: Model, wanted?: SessionOptions): Promise<SessionOptions> {
  const asked: SessionOptions[] = [];
  const runtime = {
    name: "none",
    createSession: async (_model: unknown, options: SessionOptions) => {
      asked.push(options);
      return {} as Session;
    },
  } as unknown as Runtime;
  await openSession(runtime, model, wanted);
  expect(asked).toHaveLength(1);
  return asked[0]!;
}

test.each([
  [10_000, true],
  [10_001, false],
])("the engine is asked to optimise a graph of %d nodes: %s", async (n, optimize) => {
  const model = network(chained(n, (x, y) => makeNode("Tanh", [x], [y])));
  expect((await askedFor(model)).optimize).toBe(optimize);
});

test.each([
  [500, true],
  [501, false],
])("the engine is asked to optimise a graph of %d outputs: %s", async (n, optimize) => {
  const model = network(chained(501, (x, y) => makeNode("Tanh", [x], [y])));
  const outputs = model.graph.nodes.slice(0, n).map((node) => ({ name: node.outputs[0]! }));
  expect((await askedFor({ ...model, graph: { ...model.graph, outputs } })).optimize).toBe(optimize);
});

/** The most nodes that can run but have not, when those that can are run in the order of the graph. */
function mostWaiting({ graph }: Model): number {
  const known = new Set([...graph.inputs, ...graph.initializers].map(({ name }) => name));
  const missing = graph.nodes.map(({ inputs }) => new Set(inputs.filter((name) => !known.has(name))).size);
  const readers = new Map<string, number[]>();
  graph.nodes.forEach(({ inputs }, i) => {
    for (const name of new Set(inputs)) if (!known.has(name)) pushTo(readers, name, i);
  });
  const waiting = new Set(missing.flatMap((count, i) => (count === 0 ? [i] : [])));
  let most = 0;
  graph.nodes.forEach(({ outputs }, i) => {
    most = Math.max(most, waiting.size);
    expect(waiting.delete(i)).toBe(true);
    for (const output of outputs) {
      for (const reader of readers.get(output) ?? []) if (--missing[reader]! === 0) waiting.add(reader);
    }
  });
  return most;
}

// Engines sort what waits by walking a list.
test.each(["forward", "reverse"])("%s: few nodes wait at a time", (direction) => {
  const model = normalize(network(chained(1000, (x, y) => makeNode("Tanh", [x], [y]))));
  const derived = (direction === "forward" ? jvp : vjp)(prepared(model));
  expect(derived.model.graph.nodes.length).toBeGreaterThan(4000);
  expect(mostWaiting(derived.model)).toBeLessThan(10);
});

test("only graphs that loop, which may never end, have a limit of their own on the time of their trial", async () => {
  const body = { ...network([makeNode("Tanh", ["x"], ["x2"])]).graph, name: "body" };
  const loop = makeNode("Loop", ["", "yes", "z"], ["y"], { body: { type: "graph", value: body } });
  const branch = { ...network([loop]).graph, name: "branch" };
  const choice = makeNode("If", ["yes"], ["y"], { then_branch: { type: "graph", value: branch } });
  const trial = { memory: 2 ** 28 };
  expect((await askedFor(network([loop]), { trial })).trial).toEqual({ ...trial, seconds: 20 });
  expect((await askedFor(network([choice]), { trial })).trial).toEqual({ ...trial, seconds: 20 });
  expect((await askedFor(network([makeNode("Tanh", ["z"], ["y"])]), { trial })).trial).toEqual(trial);
  expect((await askedFor(network([loop]))).trial).toBeUndefined();
});
