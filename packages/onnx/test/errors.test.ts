// What the differentiator refuses, and whether the message helps.

import { VielbeinError } from "@vielbein/core";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import { describe, expect, test } from "vitest";
import { probe } from "../src/file/probe.ts";
import { openSession } from "../src/file/source.ts";
import {
  type Attribute,
  cut,
  DataType,
  decodeModel,
  differentiability,
  encodeModel,
  type Graph,
  type Model,
  OnnxMap,
  type OnnxMapOptions,
  prepare,
  UnsupportedOperatorError,
} from "../src/index.ts";
import { int, makeNode, string } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor } from "../src/model/tensor.ts";
import { GraphBuilder, makeModel, runtime } from "./helpers.ts";

const float = DataType.FLOAT;
const input = { name: "z", dataType: float, shape: ["n", 4] };

function network(
  nodes: ReturnType<typeof makeNode>[],
  extra: Partial<Parameters<typeof makeModel>[0]> = {},
): Model {
  return makeModel({ nodes, inputs: [input], outputs: [{ name: "y", dataType: float }], ...extra });
}

/** The error of creating the map, which must be one of ours. */
async function refusal(model: Model, options: OnnxMapOptions = {}): Promise<VielbeinError> {
  const outcome = await OnnxMap.create(model, runtime, options).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(VielbeinError);
  return outcome as VielbeinError;
}

test("a space without a number", async () => {
  const empty = float32Tensor("none", [], [4, 0]);
  const error = await refusal(network([makeNode("MatMul", ["z", "none"], ["y"])], { initializers: [empty] }));
  expect(error).toMatchObject({
    code: "INVALID_SPACE",
    message: expect.stringMatching(/"y" holds no number/),
  });
});

describe("operators without a rule", () => {
  const unique = (x: string, y: string) => makeNode("Unique", [x], [y]);
  const unruled = { ...unique("h", "s"), name: "each_once" };
  const axis = int64Tensor("axis", [1]);

  test("on the way: operator, opset, node and position are named", async () => {
    const nodes = [makeNode("Tanh", ["z"], ["h"]), unruled, makeNode("Neg", ["s"], ["y"])];
    const error = await refusal(network(nodes, { initializers: [axis] }));
    expect(error).toBeInstanceOf(UnsupportedOperatorError);
    expect(error).toMatchObject({
      code: "UNSUPPORTED_OPERATOR",
      opType: "Unique",
      node: "each_once",
      position: 1,
    });
    expect(error.message).toMatch(/Unique \(opset 18\), node "each_once" at position 1/);
  });

  test("the position is that in the file, whatever order the file has", async () => {
    const nodes = [makeNode("Neg", ["s"], ["y"]), unruled, makeNode("Tanh", ["z"], ["h"])];
    expect(await refusal(network(nodes, { initializers: [axis] }))).toMatchObject({ position: 1 });
  });

  test("a node without a name goes by its output", async () => {
    const nodes = [unique("z", "sums"), makeNode("Neg", ["sums"], ["y"])];
    expect((await refusal(network(nodes, { initializers: [axis] }))).message).toContain('node "sums"');
  });

  test("a node that an older opset writes otherwise is named as the file has it", async () => {
    const nodes = [makeNode("Tanh", ["z"], ["h"]), makeNode("Resize", ["h", "scales"], ["y"])];
    const scales = float32Tensor("scales", [2, 0.5], [2]);
    const error = await refusal(network(nodes, { opset: 10, initializers: [scales] }));
    expect(error).toMatchObject({ opType: "Resize", node: "y", position: 1 });
    expect(error.message).toContain("opset 10");
  });

  test("an operator of another domain is named with it", async () => {
    const custom = { ...makeNode("Warp", ["z"], ["y"]), domain: "com.example" };
    const model = network([custom]);
    const declared = { ...model, opsets: new Map([...model.opsets, ["com.example", 1]]) };
    expect(await refusal(declared)).toMatchObject({
      code: "UNSUPPORTED_OPERATOR",
      opType: "com.example::Warp",
    });
  });

  test("off the way it does not matter: it is computed once", async () => {
    const nodes = [makeNode("CumSum", ["weights", "axis"], ["sums"]), makeNode("Mul", ["z", "sums"], ["y"])];
    const weights = float32Tensor("weights", [1, 2, 3, 4], [1, 4]);
    const map = await OnnxMap.create(network(nodes, { initializers: [axis, weights] }), runtime);
    expect([...(await map.jvp(Float32Array.of(0, 0, 0, 0), Float32Array.of(1, 1, 1, 1), 1))]).toEqual([
      1, 3, 6, 10,
    ]);
    await map.dispose();
  });

  test("behind the chosen tensor it does not matter either", async () => {
    const nodes = [makeNode("Tanh", ["z"], ["h"]), unruled, makeNode("Neg", ["s"], ["y"])];
    const map = await OnnxMap.create(network(nodes, { initializers: [axis] }), runtime, { to: "h" });
    expect(map.to.dim).toBe(4);
    await map.dispose();
  });

  test("the report goes on past them", async () => {
    const nodes = [makeNode("Tanh", ["z"], ["h"]), unruled, makeNode("Round", ["s"], ["y"])];
    const report = differentiability(await prepare(network(nodes, { initializers: [axis] }), runtime));
    expect(report.map(({ opType, derivative }) => [opType, derivative])).toEqual([
      ["Tanh", "exact"],
      ["Unique", "unsupported"],
      ["Round", "zero"],
    ]);
  });
});

describe("operators whose rule does not reach that far", () => {
  /** A branch of one node that captures `x`. */
  const branch = (op: string, x: string): Graph => ({
    name: op,
    nodes: [makeNode(op, [x], ["taken"])],
    initializers: [],
    inputs: [],
    outputs: [{ name: "taken", dataType: float }],
    valueInfo: [],
    unknown: [],
  });
  const reasons: readonly (readonly [string, RegExp, (g: GraphBuilder) => string, opset?: number])[] = [
    [
      "BatchNormalization",
      /mean or variance depends on the point/,
      (g) =>
        g.op("BatchNormalization", [
          g.variable([1, 2]),
          ...[1, 2].map(() => g.float([1, 1])),
          g.variable([2]),
          g.float([1, 1]),
        ]),
    ],
    [
      "BatchNormalization",
      /training mode.*eval\(\)/,
      (g) =>
        g.ops(
          "BatchNormalization",
          [g.variable([2, 2]), ...[1, 2, 3, 4].map(() => g.float([1, 1]))],
          { training_mode: int(1) },
          3,
        )[0]!,
    ],
    [
      "Dropout",
      /training mode.*eval\(\)/,
      (g) => g.op("Dropout", [g.variable([2, 2]), g.scalar(0.5), g.bool([true], [])]),
    ],
    [
      "Bernoulli",
      /draws at random.*make the draw an input/,
      (g) => g.op("Mul", [g.variable([2]), g.op("Bernoulli", [g.op("Sigmoid", [g.variable([2])])])]),
    ],
    [
      "LSTM",
      /up to 1000 steps/,
      (g) =>
        g.op("LSTM", [g.variable([1001, 1, 2]), g.constant([1, 4, 2]), g.constant([1, 4, 1])], {
          hidden_size: int(1),
        }),
    ],
    [
      "If",
      /subgraphs read tensors that depend on the point.*fixed control flow/,
      (g) => {
        const x = g.variable([2]);
        const sum = g.op("ReduceSum", [x], { keepdims: int(0) });
        // A second way around the If: the derivative by way of its branches must not count as zero.
        const taken = g.op("If", [g.op("Greater", [sum, g.scalar(0)])], {
          then_branch: { type: "graph", value: branch("Neg", x) },
          else_branch: { type: "graph", value: branch("Exp", x) },
        });
        return g.op("Add", [x, taken]);
      },
    ],
    [
      "Attention",
      /scores behind the mask or the bound/,
      (g) => {
        const inputs = [1, 2, 3].map(() => g.variable([1, 1, 2, 2]));
        return g.ops("Attention", inputs, { qk_matmul_output_mode: int(1) }, 4)[3]!;
      },
      24,
    ],
    [
      "Resize",
      /its input 1 .* depends on the point/,
      (g) =>
        g.op("Resize", [g.constant([1, 1, 4, 4]), g.variable([8]), "", g.int64([1, 1, 2, 2])], {
          coordinate_transformation_mode: string("tf_crop_and_resize"),
        }),
    ],
    ["Resize", /batch axis/, (g) => g.op("Resize", [g.variable([2, 1, 2, 2]), "", g.float32([2, 1, 1, 1])])],
    [
      "Pad",
      /padding value depends/,
      (g) => {
        const x = g.variable([2]);
        const value = g.op("ReduceSum", [x], { keepdims: int(0) });
        return g.op("Pad", [x, g.int64([1, 1]), value]);
      },
    ],
  ];

  const refused = reasons.map(([op, reason, build, opset = 18]) => [op, reason, build, opset] as const);
  test.each(refused)("%s: %s", async (op, reason, build, opset) => {
    const g = new GraphBuilder("float32", opset);
    const error = await refusal(g.model(build(g)));
    expect(error).toMatchObject({ code: "UNSUPPORTED_OPERATOR", opType: op });
    expect(error.message).toMatch(reason);
  });
});

describe("spaces", () => {
  const chainOfTwo = network([
    makeNode("Tanh", ["z"], ["hidden_layer"]),
    makeNode("Neg", ["hidden_layer"], ["y"]),
  ]);

  test.each(["from", "to"] as const)(
    "`%s` with a typing error: the nearest name is suggested",
    async (role) => {
      const error = await refusal(chainOfTwo, { [role]: "hiden_layer" });
      expect(error.code).toBe("INVALID_SPACE");
      expect(error.message).toMatch(new RegExp(`\`${role}\`.*"hiden_layer" \\(did you mean "hidden_layer"`));
      expect(() =>
        cut(chainOfTwo, role === "from" ? "hiden_layer" : "z", role === "to" ? "hiden_layer" : "y"),
      ).toThrow(/did you mean "hidden_layer"/);
    },
  );

  test("nothing is suggested for a name that is like none", async () => {
    expect((await refusal(chainOfTwo, { to: "conv2d_17" })).message).not.toContain("did you mean");
  });

  test.each([
    ["y", "hidden_layer", '"hidden_layer" does not depend on "y"'],
    ["y", "z", '"z" does not depend on "y"'],
    ["z", "z", '"z" is both start and end'],
    ["y", "y", '"y" is both start and end'],
  ])("no map from %s to %s", async (from, to, reason) => {
    const error = await refusal(chainOfTwo, { from, to });
    expect(error.code).toBe("INVALID_SPACE");
    expect(error.message).toContain(reason);
    expect(() => cut(chainOfTwo, from, to)).toThrow(reason);
  });

  test("an output of whole numbers cannot be differentiated", async () => {
    for (const [to, name] of [
      [DataType.UINT8, "uint8"],
      [DataType.INT64, "int64"],
    ] as const) {
      const nodes = [makeNode("Cast", ["z"], ["y"], { to: int(to) })];
      const error = await refusal(network(nodes, { outputs: [{ name: "y", dataType: to }] }));
      expect(error.code).toBe("INVALID_SPACE");
      expect(error.message).toContain(`"y" holds ${name} values`);
    }
  });

  test("an image quantised on the way has derivative zero everywhere", async () => {
    const nodes = [
      makeNode("Tanh", ["z"], ["h"]),
      makeNode("Round", ["h"], ["r"]),
      makeNode("Neg", ["r"], ["y"]),
    ];
    const error = await refusal(network(nodes));
    expect(error.code).toBe("INVALID_SPACE");
    expect(error.message).toMatch(/zero everywhere/);
  });

  test("a map by way of the shape alone is none", async () => {
    const nodes = [makeNode("Shape", ["z"], ["s"]), makeNode("Cast", ["s"], ["y"], { to: int(float) })];
    expect((await refusal(network(nodes))).code).toBe("INVALID_SPACE");
  });

  test("a second input without a value is asked for, and one with a value is used", async () => {
    const inputs = [input, { name: "truncation", dataType: float, shape: [1] }];
    const nodes = [makeNode("Mul", ["z", "truncation"], ["y"])];
    const model = network(nodes, { inputs });
    const error = await refusal(model);
    expect(error.code).toBe("INVALID_SPACE");
    expect(error.message).toMatch(/"truncation".*inputs/);
    const truncation = { type: "float32", dims: [1], data: Float32Array.of(0.5) } as const;
    const map = await OnnxMap.create(model, runtime, { inputs: { truncation } });
    expect([...(await map.evaluate(Float32Array.of(1, 2, 3, 4), 1))]).toEqual([0.5, 1, 1.5, 2]);
    await map.dispose();
  });

  test("an open axis other than the batch is refused", async () => {
    const error = await refusal(
      network([makeNode("Neg", ["z"], ["y"])], { inputs: [{ ...input, shape: ["n", "width"] }] }),
    );
    expect(error.code).toBe("INVALID_MODEL");
    expect(error.message).toMatch(/has shape \[n, width\].*--shape width=…/);
  });

  test("an axis of extent −1 is an open one", async () => {
    const withShape = (shape: number[]) =>
      network([makeNode("Neg", ["z"], ["y"])], { inputs: [{ ...input, shape }] });
    const map = await OnnxMap.create(withShape([-1, 4]), runtime);
    expect([...(await map.evaluate(Float32Array.of(1, 2, 3, 4), 1))]).toEqual([-1, -2, -3, -4]);
    await map.dispose();
    const error = await refusal(withShape([1, -1]));
    expect(error).toMatchObject({
      code: "INVALID_MODEL",
      message: expect.stringMatching(/has shape \[1, \?\].*--shape z=…/),
    });
  });

  test("an input larger than any memory is refused, whatever the budget and its type", async () => {
    const vast = (dataType: number) =>
      network([makeNode("Add", ["z", "more"], ["y"])], {
        inputs: [input, { name: "more", dataType, shape: [2 ** 53 - 1] }],
      });
    const z: RuntimeTensor = { type: "float32", dims: [1, 4], data: new Float32Array(4) };
    const inputs = new Map([["z", z]]);
    const request = (dataType: number, memory: number) =>
      probe(vast(dataType), runtime, { measured: ["y"], inputs, trial: { memory } });
    await expect(request(float, Number.MAX_VALUE)).rejects.toMatchObject({ code: "MEMORY_BUDGET" });
    await expect(request(DataType.STRING, 2 ** 31)).rejects.toMatchObject({ code: "INVALID_MODEL" });
  });

  test("an input without a shape is refused", async () => {
    const error = await refusal(
      network([makeNode("Neg", ["z"], ["y"])], { inputs: [{ name: "z", dataType: float }] }),
    );
    expect(error.code).toBe("INVALID_MODEL");
    expect(error.message).toContain('"z" declares no shape');
  });
});

describe("unsound graphs", () => {
  test("a tensor without elements that holds bytes", () => {
    const scales = { name: "scales", dims: [3, 0], dataType: DataType.DOUBLE, raw: new Uint8Array(12) };
    const model = network([makeNode("Neg", ["z"], ["y"])], { initializers: [scales] });
    expect(() => decodeModel(encodeModel(model))).toThrow(/shape \[3,0\] holds 12 bytes instead of 0/);
  });

  test("weights that engines are not handed in one tensor are named", async () => {
    const large = { name: "table", dims: [2 ** 29, 2], dataType: DataType.FLOAT, raw: new Uint8Array() };
    const model = network([makeNode("Gather", ["table", "z"], ["y"])], { initializers: [large] });
    await expect(openSession(runtime, model)).rejects.toMatchObject({
      code: "INVALID_MODEL",
      message: expect.stringMatching(/"table" takes 4.*GiB; .*at most 2.*GiB/),
    });
  });

  test("a tensor that nothing defines", async () => {
    const error = await refusal(network([makeNode("Add", ["z", "ghost"], ["y"])]));
    expect(error).toMatchObject({ code: "INVALID_MODEL", message: expect.stringContaining('"ghost"') });
  });

  test("a cycle", async () => {
    const nodes = [makeNode("Add", ["z", "y"], ["h"]), makeNode("Neg", ["h"], ["y"])];
    expect((await refusal(network(nodes))).code).toBe("INVALID_MODEL");
  });

  test("shapes that do not fit are the engine's to report", async () => {
    const nodes = [makeNode("MatMul", ["z", "w"], ["y"])];
    const error = await refusal(network(nodes, { initializers: [float32Tensor("w", [1, 2, 3], [3, 1])] }));
    expect(error.code).toBe("BACKEND_FAILED");
  });
});

test.each([
  ["no branch at all", undefined, "no graph for a branch"],
  ["a branch without outputs", [], "a branch without output 0"],
])("an If with %s", async (_what, outputs, message) => {
  const branch = outputs && {
    type: "graph" as const,
    value: { name: "b", nodes: [], initializers: [], inputs: [], outputs, valueInfo: [], unknown: [] },
  };
  const yes = { name: "yes", dims: [], dataType: DataType.BOOL, raw: Uint8Array.of(1) };
  const branches: Record<string, Attribute> = branch ? { then_branch: branch, else_branch: branch } : {};
  const nodes = [makeNode("Neg", ["z"], ["n"]), makeNode("If", ["yes"], ["i"], branches)];
  nodes.push(makeNode("Add", ["n", "i"], ["y"]));
  // A branch that reads nothing depends on nothing; this one's graph captures the point.
  const captured = nodes.map((node) =>
    node.opType === "If" && branch
      ? { ...node, attributes: new Map([...node.attributes].map(([k, v]) => [k, capturing(v)])) }
      : node,
  );
  const inputs = branch ? captured : [nodes[0]!, { ...nodes[1]!, inputs: ["yes", "z"] }, nodes[2]!];
  const error = await refusal(network(inputs, { initializers: [yes] }));
  expect(error).toMatchObject({ code: "INVALID_MODEL", message: expect.stringContaining(message) });
});

/** A branch with a node that reads the point. */
function capturing(attribute: Attribute): Attribute {
  if (attribute.type !== "graph") return attribute;
  return { type: "graph", value: { ...attribute.value, nodes: [makeNode("Neg", ["z"], ["r"])] } };
}
