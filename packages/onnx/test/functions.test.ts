// Operators that a model defines itself: what a call binds, and what is refused.

import { describe, expect, test } from "vitest";
import { WireWriter } from "../src/file/proto/writer.ts";
import {
  type Attribute,
  DataType,
  decodeModel,
  encodeModel,
  inspect,
  type LocalFunction,
  type Model,
  type Node,
  OnnxMap,
} from "../src/index.ts";
import { float, int, ints, makeNode } from "../src/model/attributes.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { makeModel, relativeError, runtime } from "./helpers.ts";

const domain = "my.dom";
const type = DataType.FLOAT;
const call = (opType: string, inputs: string[], outputs: string[], attributes = {}): Node => ({
  ...makeNode(opType, inputs, outputs, attributes),
  domain,
});
const reference = (name: string): Attribute => ({
  type: "reference",
  value: name,
  encoded: new Uint8Array(0),
});

function define(
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  nodes: readonly Node[],
  more: Partial<LocalFunction> = {},
): LocalFunction {
  const opsets = new Map([["", 18]]);
  const encoded = new Uint8Array(0);
  return {
    domain,
    name,
    overload: "",
    inputs,
    outputs,
    nodes,
    opsets,
    defaults: new Map(),
    encoded,
    ...more,
  };
}

function network(nodes: readonly Node[], functions: readonly LocalFunction[], more = {}): Model {
  const shape = [1, 3];
  const model = makeModel({
    nodes,
    inputs: [{ name: "x", dataType: type, shape }],
    outputs: [{ name: "y", dataType: type, shape }],
    ...more,
  });
  return { ...model, functions, opsets: new Map([...model.opsets, [domain, 1]]) };
}

const point = Float32Array.of(0.5, -0.25, 1);

/** The value at the point, and the derivative along (1, 1, 1), which is that of each element. */
async function tried(model: Model): Promise<{ value: number[]; slope: number[] }> {
  const map = await OnnxMap.create(model, runtime);
  const value = Array.from(await map.evaluate(point, 1));
  const slope = Array.from(await map.jvp(point, Float32Array.of(1, 1, 1), 1));
  await map.dispose();
  return { value, slope };
}

async function expectFunction(model: Model, f: (x: number) => number, slope: (x: number) => number) {
  const result = await tried(model);
  expect(relativeError(result.value, Array.from(point, f))).toBeLessThan(1e-5);
  expect(relativeError(result.slope, Array.from(point, slope))).toBeLessThan(1e-5);
}

const tanhSlope = (x: number) => 1 - Math.tanh(x) ** 2;

describe("a call is its definition", () => {
  test("also where names within are those around it", async () => {
    // The body's "h" is not the graph's.
    const act = define("Act", ["x"], ["h"], [makeNode("Tanh", ["x"], ["y"]), makeNode("Neg", ["y"], ["h"])]);
    const model = network([makeNode("Neg", ["x"], ["h"]), call("Act", ["h"], ["y"])], [act]);
    await expectFunction(model, Math.tanh, tanhSlope);
  });

  test("twice, and one within another", async () => {
    const inner = define(
      "Inner",
      ["a"],
      ["b"],
      [makeNode("Tanh", ["a"], ["t"]), makeNode("Neg", ["t"], ["b"])],
    );
    const outer = define("Outer", ["a"], ["b"], [call("Inner", ["a"], ["t"]), call("Inner", ["t"], ["b"])]);
    const model = network([call("Outer", ["x"], ["y"])], [outer, inner]);
    const twice = (x: number) => Math.tanh(Math.tanh(x));
    await expectFunction(model, twice, (x) => tanhSlope(Math.tanh(x)) * tanhSlope(x));
  });

  test("an attribute of the call, its default, and none at all", async () => {
    const leaky = define(
      "Leaky",
      ["a"],
      ["b"],
      [makeNode("LeakyRelu", ["a"], ["b"], { alpha: reference("slope") })],
    );
    const withDefault = { ...leaky, defaults: new Map([["slope", float(0.5)]]) };
    const relu = (alpha: number) => (x: number) => (x > 0 ? x : alpha * x);
    const slope = (alpha: number) => (x: number) => (x > 0 ? 1 : alpha);
    const given = network([call("Leaky", ["x"], ["y"], { slope: float(0.25) })], [withDefault]);
    await expectFunction(given, relu(0.25), slope(0.25));
    const bare = [call("Leaky", ["x"], ["y"])];
    await expectFunction(network(bare, [withDefault]), relu(0.5), slope(0.5));
    await expectFunction(network(bare, [leaky]), relu(0.01), slope(0.01));
  });

  test("an attribute handed on from function to function", async () => {
    const inner = define(
      "Inner",
      ["a"],
      ["b"],
      [makeNode("LeakyRelu", ["a"], ["b"], { alpha: reference("k") })],
    );
    const outer = define("Outer", ["a"], ["b"], [call("Inner", ["a"], ["b"], { k: reference("slope") })]);
    const model = network([call("Outer", ["x"], ["y"], { slope: float(0.125) })], [outer, inner]);
    await expectFunction(
      model,
      (x) => (x > 0 ? x : x / 8),
      (x) => (x > 0 ? 1 : 1 / 8),
    );
  });

  test("an argument left out, and a result that nobody wants", async () => {
    const clip = define(
      "Both",
      ["a", "low", "high"],
      ["b", "c"],
      [makeNode("Clip", ["a", "low", "high"], ["b"]), makeNode("Neg", ["a"], ["c"])],
    );
    const initializers = [float32Tensor("zero", [0], [])];
    const first = network([call("Both", ["x", "zero"], ["y"])], [clip], { initializers });
    await expectFunction(
      first,
      (x) => Math.max(x, 0),
      (x) => (x > 0 ? 1 : 0),
    );
    const second = network([call("Both", ["x", "", ""], ["", "y"])], [clip]);
    await expectFunction(
      second,
      (x) => -x,
      () => -1,
    );
  });

  test("a result that is an argument", async () => {
    const pass = define("Pass", ["a"], ["a", "a"], []);
    const model = network([call("Pass", ["x"], ["p", "q"]), makeNode("Mul", ["p", "q"], ["y"])], [pass]);
    await expectFunction(
      model,
      (x) => x * x,
      (x) => 2 * x,
    );
  });

  test("inside a branch", async () => {
    const act = define("Act", ["a"], ["b"], [makeNode("Tanh", ["a"], ["b"])]);
    const branch = (opType: string): Attribute => ({
      type: "graph",
      value: {
        name: opType,
        nodes: [opType === "Act" ? call("Act", ["x"], ["r"]) : makeNode(opType, ["x"], ["r"])],
        initializers: [],
        inputs: [],
        outputs: [{ name: "r" }],
        valueInfo: [],
        unknown: [],
      },
    });
    const yes = { name: "yes", dims: [], dataType: DataType.BOOL, raw: Uint8Array.of(1) };
    const model = network(
      [makeNode("If", ["yes"], ["y"], { then_branch: branch("Act"), else_branch: branch("Neg") })],
      [act],
      { initializers: [yes] },
    );
    await expectFunction(model, Math.tanh, tanhSlope);
  });

  test("one of two of the same name, by its overload", async () => {
    const a = define("F", ["a"], ["b"], [makeNode("Tanh", ["a"], ["b"])], { overload: "one" });
    const b = define("F", ["a"], ["b"], [makeNode("Neg", ["a"], ["b"])], { overload: "two" });
    const model = network([{ ...call("F", ["x"], ["y"]), overload: "one" }], [a, b]);
    await expectFunction(model, Math.tanh, tanhSlope);
  });

  test("written in an older operator set than the model", async () => {
    // Before opset 13, ReduceSum and Squeeze have their axes as attributes.
    const old = new Map([["", 11]]);
    const nodes = [
      makeNode("ReduceSum", ["a"], ["s"], { axes: ints([1]), keepdims: int(1) }),
      makeNode("Sub", ["a", "s"], ["b"]),
    ];
    const centre = define("Centre", ["a"], ["b"], nodes, { opsets: old });
    const model = network([call("Centre", ["x"], ["c"]), makeNode("Neg", ["c"], ["y"])], [centre]);
    const sum = point.reduce((total, x) => total + x, 0);
    await expectFunction(
      model,
      (x) => sum - x,
      () => 2,
    );
  });
});

test("the report names the call, and where it stands", async () => {
  const odd = define("Odd", ["a"], ["b"], [makeNode("Tanh", ["a"], ["t"]), makeNode("Det", ["t"], ["b"])]);
  const report = await inspect(
    network([makeNode("Neg", ["x"], ["n"]), call("Odd", ["n"], ["y"])], [odd]),
    runtime,
  );
  expect(report.operators).toEqual({ Neg: 1, "my.dom::Odd": 1 });
  expect(report.differentiability.nodes.at(-1)).toMatchObject({ opType: "Det", position: 1 });
});

describe("refused", () => {
  const refusal = (model: Model) => OnnxMap.create(model, runtime).catch((error: unknown) => error);

  test("a function that calls itself, by way of another", async () => {
    const a = define("A", ["a"], ["b"], [call("B", ["a"], ["b"])]);
    const b = define("B", ["a"], ["b"], [call("A", ["a"], ["b"])]);
    const error = await refusal(network([call("A", ["x"], ["y"])], [a, b]));
    expect(error).toMatchObject({
      code: "INVALID_MODEL",
      message: expect.stringContaining("my.dom::A calls itself"),
    });
  });

  test("two functions of one name", async () => {
    const a = define("A", ["a"], ["b"], [makeNode("Neg", ["a"], ["b"])]);
    const error = await refusal(network([call("A", ["x"], ["y"])], [a, a]));
    expect(error).toMatchObject({ code: "INVALID_MODEL", message: expect.stringContaining("twice") });
  });

  test("thirty functions that each call the one before twice, within a second", async () => {
    const functions = Array.from({ length: 30 }, (_, i) =>
      define(
        `F${i}`,
        ["a"],
        ["b"],
        i === 0
          ? [makeNode("Neg", ["a"], ["b"])]
          : [call(`F${i - 1}`, ["a"], ["t"]), call(`F${i - 1}`, ["t"], ["b"])],
      ),
    );
    const error = await refusal(network([call("F29", ["x"], ["y"])], functions));
    expect(error).toMatchObject({ code: "INVALID_MODEL", message: expect.stringContaining("250000 nodes") });
  });
});

test("read from a file and written back", async () => {
  const [attribute, body, opset, fn] = [
    new WireWriter(),
    new WireWriter(),
    new WireWriter(),
    new WireWriter(),
  ];
  attribute.string(1, "alpha");
  attribute.string(21, "slope");
  attribute.int(20, 1);
  body.string(1, "a");
  body.string(2, "b");
  body.string(4, "LeakyRelu");
  body.message(5, attribute);
  opset.int(2, 18);
  fn.string(1, "Leaky");
  fn.string(4, "a");
  fn.string(5, "b");
  fn.message(7, body);
  fn.message(9, opset);
  fn.string(10, domain);
  const caller = network(
    [call("Leaky", ["x"], ["y"], { slope: float(0.25) })],
    [{ ...define("Leaky", [], [], []), encoded: fn.finish() }],
  );
  const once = encodeModel(caller);
  const model = decodeModel(once);
  expect(Buffer.from(encodeModel(model)).equals(Buffer.from(once))).toBe(true);
  await expectFunction(
    model,
    (x) => (x > 0 ? x : x / 4),
    (x) => (x > 0 ? 1 : 1 / 4),
  );
});
