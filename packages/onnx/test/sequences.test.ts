// Sequences of tensors, written out: values and derivatives are those of the engine's own sequences in float64.

import { expect, test } from "vitest";
import { type Attribute, DataType, type Node, OnnxMap } from "../src/index.ts";
import { int, makeNode } from "../src/model/attributes.ts";
import { type Build, expectDerivative } from "./derivative.ts";
import { GraphBuilder, runtime } from "./helpers.ts";

/** [sin a, b, a·b], made in several ways. */
const three = (g: GraphBuilder): string => {
  const [a, b] = [g.variable([2, 3]), g.variable([2, 3])];
  const pair = g.op("SequenceConstruct", [g.op("Sin", [a]), g.op("Mul", [a, b])]);
  return g.op("SequenceInsert", [pair, b, g.int64([-1], [])]);
};

/** A subgraph of tensors of the model's floating-point type. */
function graph(
  g: GraphBuilder,
  inputs: readonly string[],
  nodes: readonly Node[],
  outputs: readonly string[],
): Attribute {
  const dataType = g.precision === "float64" ? DataType.DOUBLE : DataType.FLOAT;
  const info = (name: string) => ({ name, dataType });
  const value = { name: "body", nodes, initializers: [], valueInfo: [], unknown: [] };
  return { type: "graph", value: { ...value, inputs: inputs.map(info), outputs: outputs.map(info) } };
}

/** Of every element a and b: b·exp a and a + c, c being a tensor around the subgraph. */
const mapped = (g: GraphBuilder, inputs: readonly string[], count: number): string => {
  const around = g.variable([3]);
  const nodes = [
    makeNode("Exp", ["a"], ["power"]),
    makeNode("Mul", ["b", "power"], ["product"]),
    makeNode("Add", ["a", around], ["sum"]),
  ];
  const body = graph(g, ["a", "b"], nodes, ["product", "sum"]);
  const parts = g.ops("SequenceMap", inputs, { body }, count);
  const joined = parts.map((part) => g.op("ConcatFromSequence", [part], { axis: int(0) }));
  return g.op("Concat", joined, { axis: int(1) });
};

const cases: readonly (readonly [string, Build])[] = [
  ["joined along an axis", (g) => g.op("ConcatFromSequence", [three(g)], { axis: int(1) })],
  [
    "stacked along a new axis, counted from the end",
    (g) => g.op("ConcatFromSequence", [three(g)], { axis: int(-1), new_axis: int(1) }),
  ],
  ["one of them", (g) => g.op("SequenceAt", [three(g), g.int64([1], [])])],
  ["one of them, counted from the end", (g) => g.op("SequenceAt", [three(g), g.int64([-3], [])])],
  [
    "without one of them, and without the last",
    (g) => {
      const two = g.op("SequenceErase", [three(g), g.int64([0], [])]);
      return g.op("ConcatFromSequence", [g.op("SequenceErase", [two])], { axis: int(0) });
    },
  ],
  [
    "begun empty",
    (g) => {
      const [x, empty] = [
        g.variable([2]),
        g.op("SequenceEmpty", [], { dtype: int(g.precision === "float64" ? 11 : 1) }),
      ];
      const one = g.op("SequenceInsert", [empty, g.op("Exp", [x])]);
      return g.op("ConcatFromSequence", [g.op("SequenceInsert", [one, x])], { axis: int(0) });
    },
  ],
  [
    "times their number",
    (g) => {
      const sequence = three(g);
      const count = g.op("Cast", [g.op("SequenceLength", [sequence])], {
        to: int(g.precision === "float64" ? 11 : 1),
      });
      return g.op("Mul", [g.op("SequenceAt", [sequence, g.int64([2], [])]), count]);
    },
  ],
  [
    "parts of a tensor",
    (g) => {
      const parts = g.op("SplitToSequence", [g.variable([2, 5]), g.int64([2, 3])], { axis: int(1) });
      return g.op("Sin", [g.op("SequenceAt", [parts, g.int64([1], [])])]);
    },
  ],
  ["every one mapped, beside a tensor", (g) => mapped(g, [three(g), g.variable([2, 3])], 2)],
  ["every one mapped, beside a sequence", (g) => mapped(g, [three(g), three(g)], 2)],
  [
    "an optional tensor that is there",
    (g) => {
      const optional = g.op("Optional", [g.op("Sin", [g.variable([2, 3])])]);
      return g.op("Exp", [g.op("OptionalGetElement", [g.op("Identity", [optional])])]);
    },
  ],
  ["a tensor that is no optional one", (g) => g.op("OptionalGetElement", [g.op("Sin", [g.variable([3])])])],
  [
    "an optional sequence",
    (g) => {
      const sequence = g.op("OptionalGetElement", [g.op("Optional", [three(g)])]);
      return g.op("ConcatFromSequence", [sequence], { axis: int(0) });
    },
  ],
  [
    "whether an optional value is there",
    (g) => {
      const x = g.variable([3]);
      const isThere = [g.op("Optional", [x]), ""].map((value) => g.op("OptionalHasElement", [value]));
      const chosen = isThere.map((condition) =>
        g.op("Where", [condition, g.op("Sin", [x]), g.op("Exp", [x])]),
      );
      return g.op("Concat", chosen, { axis: int(0) });
    },
  ],
];

/** Three tensors of one number each, 1, 2 and 3 times x, of which `take` makes one tensor. */
const taken = async (take: (g: GraphBuilder, parts: string, x: string) => string): Promise<number[]> => {
  const g = new GraphBuilder("float32");
  const x = g.variable([1]);
  const times = [1, 2, 3].map((factor) => g.op("Mul", [x, g.float([factor], [1])]));
  const map = await OnnxMap.create(g.model(take(g, g.op("SequenceConstruct", times), x)), runtime);
  const values = await map.evaluate(Float32Array.of(1), 1);
  await map.dispose();
  return [...values];
};

test.each([-3, -2, -1, 0, 1, 2])("place %i is read, erased and inserted before", async (place) => {
  const at = (g: GraphBuilder) => g.int64([place], []);
  const joined = (g: GraphBuilder, parts: string) => g.op("ConcatFromSequence", [parts], { axis: int(0) });
  const own = [1, 2, 3];
  const index = place < 0 ? place + 3 : place;
  expect(await taken((g, parts) => g.op("SequenceAt", [parts, at(g)]))).toEqual([own[index]]);
  expect(await taken((g, parts) => joined(g, g.op("SequenceErase", [parts, at(g)])))).toEqual(
    own.filter((_, i) => i !== index),
  );
  expect(await taken((g, parts, x) => joined(g, g.op("SequenceInsert", [parts, x, at(g)])))).toEqual([
    ...own.slice(0, index),
    1,
    ...own.slice(index),
  ]);
});

test("inserted at the end, by its place and without one; erased there without one", async () => {
  const joined = (g: GraphBuilder, parts: string) => g.op("ConcatFromSequence", [parts], { axis: int(0) });
  for (const place of [(g: GraphBuilder) => [g.int64([3], [])], () => []]) {
    expect(await taken((g, parts, x) => joined(g, g.op("SequenceInsert", [parts, x, ...place(g)])))).toEqual([
      1, 2, 3, 1,
    ]);
  }
  expect(await taken((g, parts) => joined(g, g.op("SequenceErase", [parts])))).toEqual([1, 2]);
});

test.each(cases)("%s", async (_name, build) => {
  await expectDerivative(build);
});

test("a place that the point decides on is refused, saying what to do", async () => {
  const g = new GraphBuilder("float32");
  const x = g.variable([3]);
  const place = g.op("ArgMax", [x], { axis: int(0), keepdims: int(0) });
  const chosen = g.op("SequenceAt", [g.op("SequenceConstruct", [x, g.op("Sin", [x])]), place]);
  await expect(OnnxMap.create(g.model(chosen), runtime)).rejects.toThrow(
    /SequenceConstruct .*sequences are written out where their lengths and positions are stated; collect tensors/,
  );
});
