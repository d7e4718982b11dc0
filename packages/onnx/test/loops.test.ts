// Loop and Scan, written out round by round: values and derivatives are those of the engine's own loops in float64.

import { describe, expect, test } from "vitest";
import { type Attribute, DataType, type Node, OnnxMap, type Tensor, type ValueInfo } from "../src/index.ts";
import { int, ints, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, float64Tensor, int64Tensor } from "../src/model/tensor.ts";
import { assemble, type Build, expectDerivative } from "./derivative.ts";
import { DirectModel, type GraphBuilder, relativeError, runtime } from "./helpers.ts";

const floatType = (g: GraphBuilder) => (g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT);

/** A subgraph; inputs are `name` or `name:int64`, `name:bool`; the others are of the floating-point type. */
function graph(
  g: GraphBuilder,
  inputs: readonly string[],
  nodes: readonly Node[],
  outputs: readonly string[],
  initializers: readonly Tensor[] = [],
): Attribute {
  const types: Record<string, number> = { int64: DataType.INT64, bool: DataType.BOOL };
  const info = (text: string): ValueInfo => {
    const [name, type] = text.split(":") as [string, string?];
    return type ? { name, dataType: types[type], shape: [] } : { name, dataType: floatType(g) };
  };
  return {
    type: "graph",
    value: {
      name: "body",
      nodes,
      initializers,
      inputs: inputs.map(info),
      outputs: outputs.map(info),
      valueInfo: [],
      unknown: [],
    },
  };
}

const number = (g: GraphBuilder, name: string, value: number): Tensor =>
  (g.precision === "float64" ? float64Tensor : float32Tensor)(name, [value], []);

const joined = (g: GraphBuilder, parts: readonly string[]): string =>
  g.op(
    "Concat",
    parts.map((part) => g.op("Reshape", [part, g.int64([-1])])),
    { axis: int(0) },
  );

/** s ← tanh(s + w·round), collecting s²; `bounds` are the number of rounds and the first condition. */
const collecting =
  (rounds: (g: GraphBuilder) => readonly string[]): Build =>
  (g) => {
    const [start, weight] = [g.variable([2, 2]), g.variable([2])];
    const body = graph(
      g,
      ["round:int64", "before:bool", "s"],
      [
        makeNode("Cast", ["round"], ["time"], { to: int(floatType(g)) }),
        makeNode("Mul", [weight, "time"], ["push"]),
        makeNode("Add", ["s", "push"], ["sum"]),
        makeNode("Tanh", ["sum"], ["next"]),
        makeNode("Mul", ["next", "next"], ["square"]),
        makeNode("Less", ["round", "last"], ["after"]),
      ],
      ["after:bool", "next", "square"],
      [int64Tensor("last", [2], [])],
    );
    return joined(g, g.ops("Loop", [...rounds(g), start], { body }, 2));
  };

/** What the state is in the rounds before 2, by an If inside. */
const branching: Build = (g) => {
  const start = g.variable([3]);
  const branch = (op: string): Attribute => graph(g, [], [makeNode(op, ["s"], [`by${op}`])], [`by${op}`]);
  const body = graph(
    g,
    ["round:int64", "before:bool", "s"],
    [
      makeNode("Less", ["round", "turn"], ["early"]),
      makeNode("If", ["early"], ["next"], { then_branch: branch("Sin"), else_branch: branch("Exp") }),
      makeNode("Identity", ["before"], ["after"]),
    ],
    ["after:bool", "next"],
    [int64Tensor("turn", [2], [])],
  );
  return g.op("Loop", [g.int64([3], []), "", start], { body });
};

/** A loop in a loop. */
const nested: Build = (g) => {
  const start = g.variable([3]);
  const inner = graph(
    g,
    ["i:int64", "c:bool", "t"],
    [makeNode("Mul", ["t", "s"], ["u"]), makeNode("Sin", ["u"], ["t2"]), makeNode("Identity", ["c"], ["c2"])],
    ["c2:bool", "t2"],
  );
  const body = graph(
    g,
    ["round:int64", "before:bool", "s"],
    [
      makeNode("Loop", ["twice", "", "s"], ["next"], { body: inner }),
      makeNode("Identity", ["before"], ["after"]),
    ],
    ["after:bool", "next"],
    [int64Tensor("twice", [2], [])],
  );
  return g.op("Loop", [g.int64([2], []), "", start], { body });
};

const scanning =
  (attributes: Record<string, Attribute>, axis: number): Build =>
  (g) => {
    const start = g.variable([2]);
    const [a, b] = [g.variable(axis === 0 ? [3, 2] : [2, 3]), g.variable([3, 2])];
    const body = graph(
      g,
      ["s", "a", "b"],
      [
        makeNode("Mul", ["s", "half"], ["less"]),
        makeNode("Sum", ["less", "a", "b"], ["next"]),
        makeNode("Mul", ["next", "a"], ["seen"]),
      ],
      ["next", "seen"],
      [number(g, "half", 0.5)],
    );
    return joined(g, g.ops("Scan", [start, a, b], { body, num_scan_inputs: int(2), ...attributes }, 2));
  };

const cases: readonly (readonly [string, Build])[] = [
  ["Loop: a stated number of rounds", collecting((g) => [g.int64([3], []), ""])],
  ["Loop: as long as a condition holds", collecting((g) => ["", g.bool([true], [])])],
  ["Loop: what ends first", collecting((g) => [g.int64([2], []), g.bool([true], [])])],
  ["Loop: a branch that depends on the round", branching],
  ["Loop: in a loop", nested],
  ["Scan: along the first axis", scanning({}, 0)],
  [
    "Scan: along other axes, in both directions",
    scanning(
      {
        scan_input_axes: ints([-1, 0]),
        scan_input_directions: ints([0, 1]),
        scan_output_axes: ints([1]),
        scan_output_directions: ints([1]),
      },
      1,
    ),
  ],
];

test.each(cases)("%s", async (_about, build) => {
  await expectDerivative(build);
});

test("a model in float32 with a branch inside is computed in float64", async () => {
  const single = assemble(branching, "float32", {});
  const double = assemble(branching, "float64", {});
  const map = await OnnxMap.create(single.model, runtime, { precision: "float64" });
  const direct = await DirectModel.create(double.model, "float64");
  const at = Float64Array.from(double.point);
  expect(relativeError(await map.evaluate(at, 1), await direct.run(at))).toBeLessThan(1e-14);
  await direct.dispose();
  await map.dispose();
});

describe("refused", () => {
  const refusal = (build: Build) => OnnxMap.create(assemble(build, "float32", {}).model, runtime);

  test("rounds that depend on the point", async () => {
    const build: Build = (g) => {
      const body = graph(
        g,
        ["round:int64", "before:bool", "s"],
        [
          makeNode("Mul", ["s", "half"], ["next"]),
          makeNode("ReduceSum", ["next"], ["size"], { keepdims: int(0) }),
          makeNode("Less", ["half", "size"], ["after"]),
        ],
        ["after:bool", "next"],
        [number(g, "half", 0.5)],
      );
      return g.op("Loop", ["", g.bool([true], []), g.variable([3])], { body });
    };
    await expect(refusal(build)).rejects.toThrow(
      /Loop .* loops are written out where the number of rounds does not depend on the point and all rounds together have at most 20000 nodes/,
    );
  });

  test("too many rounds", async () => {
    const build: Build = (g) => {
      const body = graph(
        g,
        ["round:int64", "before:bool", "s"],
        [makeNode("Sin", ["s"], ["next"]), makeNode("Identity", ["before"], ["after"])],
        ["after:bool", "next"],
      );
      return g.op("Loop", [g.int64([10_001], []), "", g.variable([3])], { body });
    };
    await expect(refusal(build)).rejects.toThrow(/at most 20000 nodes/);
  });

  test.each(["Affine", "ScaledTanh", "ThresholdedRelu"])("%s without its numbers", async (activation) => {
    const build: Build = (g) =>
      g.op("RNN", [g.variable([2, 1, 1]), g.constant([1, 1, 1]), g.constant([1, 1, 1])], {
        hidden_size: int(1),
        activations: { type: "strings", value: [activation] },
      });
    await expect(refusal(build)).rejects.toThrow(/RNN .*state `activation_alpha` and `activation_beta`/);
  });

  test.each([-1, 0, 2, 10 ** 9, -(2 ** 53)])(
    "states of %d numbers, where the weights have 1",
    async (size) => {
      const build: Build = (g) =>
        g.op("GRU", [g.variable([2, 1, 1]), g.constant([1, 3, 1]), g.constant([1, 3, 1])], {
          hidden_size: int(size),
        });
      await expect(refusal(build)).rejects.toMatchObject({
        code: expect.stringMatching(/UNSUPPORTED_OPERATOR|BACKEND_FAILED|BACKEND_UNAVAILABLE/),
      });
    },
  );

  test("a sequence that is too long, and an activation that the standard does not have", async () => {
    const rnn =
      (length: number, activation: string): Build =>
      (g) =>
        g.op("RNN", [g.variable([length, 1, 1]), g.constant([1, 1, 1]), g.constant([1, 1, 1])], {
          hidden_size: int(1),
          activations: { type: "strings", value: [activation] },
        });
    await expect(refusal(rnn(1001, "Tanh"))).rejects.toThrow(/up to 1000 steps/);
    await expect(refusal(rnn(2, "Gelu"))).rejects.toThrow();
  });
});
