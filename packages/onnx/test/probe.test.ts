// What the engine is asked of a graph: what it infers is not computed, and is held against a run.

import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { describe, expect, test } from "vitest";
import { probe } from "../src/file/probe.ts";
import { probeValue } from "../src/file/probe-value.ts";
import { trialLimits } from "../src/file/trial.ts";
import { decodeModel } from "../src/index.ts";
import { int, makeNode } from "../src/model/attributes.ts";
import { DataType } from "../src/model/model.ts";
import { int64Tensor } from "../src/model/tensor.ts";
import { makeModel, runtime } from "./helpers.ts";

/** x [1, 4] → a [1, 4] → b [2, 2] → y, c the indices of what is not 0 in b, of which only a run knows how many. */
const model = makeModel({
  nodes: [
    makeNode("Neg", ["x"], ["a"]),
    makeNode("Reshape", ["a", "shape"], ["b"]),
    makeNode("NonZero", ["b"], ["c"]),
    makeNode("Cast", ["c"], ["d"], { to: int(DataType.FLOAT) }),
    makeNode("ReduceSum", ["d"], ["e"], { keepdims: int(0) }),
    makeNode("Add", ["b", "e"], ["y"]),
  ],
  initializers: [int64Tensor("shape", [2, 2])],
  inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 4] }],
  outputs: [{ name: "y", dataType: DataType.FLOAT }],
});
const x: RuntimeTensor = { type: "float32", dims: [1, 4], data: Float32Array.of(1, 0, 2, 3) };
const request = { measured: ["x", "a", "b", "c", "e", "y"], tried: ["y"], inputs: new Map([["x", x]]) };
const shapes = new Map([
  ["x", [1, 4]],
  ["a", [1, 4]],
  ["b", [2, 2]],
  ["c", [2, 3]],
  ["e", []],
  ["y", [2, 2]],
]);

type Shapes = readonly (readonly (number | string)[])[];

/** The engine with another word for what it infers, and a record of the runs: the outputs of each. */
function observed(say: (inferred: Shapes | undefined) => Shapes | undefined): {
  runtime: Runtime;
  runs: string[][];
  /** How many sessions were opened. */
  opened(): number;
} {
  const runs: string[][] = [];
  let opened = 0;
  const createSession: Runtime["createSession"] = async (source, options) => {
    const session = await runtime.createSession(source, options);
    opened++;
    const { nodes } = decodeModel(source.bytes).graph;
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      outputShapes: say(session.outputShapes),
      dispose: () => session.dispose(),
      run: (feeds, fetches) => {
        const asked = nodes.filter(({ opType }) => opType === "Shape").map(({ inputs }) => inputs[0]!);
        runs.push(asked);
        return session.run(feeds, fetches);
      },
    };
  };
  return { runtime: { name: "observed", createSession }, runs, opened: () => opened };
}

describe("probe", () => {
  test("asks a run for the shapes that the engine does not infer, and for those that are tried", async () => {
    const { runtime: engine, runs } = observed((inferred) => inferred);
    expect((await probe(model, engine, request)).shapes).toEqual(shapes);
    expect(runs).toEqual([["c", "e", "y"]]);
  });

  test("asks the session that infers, where everything is inferred and small", async () => {
    const { runtime: engine, runs, opened } = observed((inferred) => inferred);
    const small = { ...request, measured: ["x", "a", "b"], tried: ["b"], folded: ["a"] };
    const { shapes: found, values } = await probe(model, engine, small);
    expect([...found]).toEqual([...shapes].slice(0, 3));
    expect(values.get("a")!.data).toEqual(Float32Array.of(-1, -0, -2, -3));
    expect(runs).toEqual([["b"]]);
    expect(opened()).toBe(1);
  });

  test.each([
    ["together just small enough to be kept: one session", [2 ** 21, 2 ** 21], 1],
    ["larger by one number: another, so that none is kept", [2 ** 21, 2 ** 21 + 1], 2],
    ["a single one that is just small enough", [2 ** 22], 1],
  ] as const)("tensors %s", async (_, sizes, sessions) => {
    const names = sizes.map((_, i) => `x${i}`);
    const wide = makeModel({
      nodes: names.map((name, i) => makeNode("Neg", [name], [`y${i}`])),
      inputs: sizes.map((size, i) => ({ name: `x${i}`, dataType: DataType.FLOAT, shape: [1, size] })),
      outputs: sizes.map((_, i) => ({ name: `y${i}`, dataType: DataType.FLOAT })),
    });
    const { runtime: engine, runs, opened } = observed((inferred) => inferred);
    const measured = sizes.map((_, i) => `y${i}`);
    const found = await probe(wide, engine, { measured, tried: measured });
    expect([...found.shapes.values()]).toEqual(sizes.map((size) => [1, size]));
    expect(runs).toEqual([measured]);
    expect(opened()).toBe(sessions);
  });

  test("runs nothing where everything is inferred and nothing is tried", async () => {
    const { runtime: engine, runs } = observed((inferred) => inferred);
    const { shapes: found } = await probe(model, engine, { ...request, measured: ["a", "b"], tried: [] });
    expect([...found]).toEqual([...shapes].slice(1, 3));
    expect(runs).toEqual([]);
  });

  test("asks a run for all shapes that do not follow where the engine infers none, for all where it infers one that a run contradicts", async () => {
    const none = observed(() => undefined);
    expect((await probe(model, none.runtime, request)).shapes).toEqual(shapes);
    expect(none.runs).toEqual([["b", "c", "e", "y"]]);
    const wrong = observed((inferred) =>
      inferred?.map((shape) => shape.map((extent) => (extent === 2 ? 3 : extent))),
    );
    expect((await probe(model, wrong.runtime, request)).shapes).toEqual(shapes);
    expect(wrong.runs).toEqual([["c", "e", "y"], request.measured]);
  });

  test("a value is computed, whatever is inferred of it", async () => {
    const { values } = await probe(model, runtime, { ...request, folded: ["b"] });
    expect(values.get("b")).toMatchObject({ dims: [2, 2], data: Float32Array.of(-1, -0, -2, -3) });
  });
});

describe("what a trial may take", () => {
  const inputs = [{ name: "x", dataType: DataType.FLOAT, shape: [2, 3] }];
  const small = makeModel({
    nodes: [makeNode("Neg", ["x"], ["y"])],
    inputs,
    outputs: [{ name: "y", dataType: DataType.FLOAT }],
  });

  test("an input of exactly that many bytes, and none of one more", async () => {
    expect(probeValue(inputs[0]!, { memory: 24 }).dims).toEqual([2, 3]);
    expect(() => probeValue(inputs[0]!, { memory: 23 })).toThrow(
      expect.objectContaining({
        code: "MEMORY_BUDGET",
        message: expect.stringMatching(/^Input "x" is \[2, 3\]/),
      }),
    );
    await expect(probe(small, runtime, { measured: ["y"], trial: { memory: 23 } })).rejects.toMatchObject({
      code: "MEMORY_BUDGET",
    });
  });

  test("256 MiB at least, else the budget", () => {
    expect([1, 2 ** 28 - 1, 2 ** 28, 2 ** 28 + 1].map((budget) => trialLimits(budget).memory)).toEqual([
      2 ** 28,
      2 ** 28,
      2 ** 28,
      2 ** 28 + 1,
    ]);
  });

  test("values to try are irregular, of order one, and one point of an open batch", () => {
    const { data, dims } = probeValue({ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }, undefined);
    expect(dims).toEqual([1, 3]);
    expect([...data]).toEqual([0, 1, 2].map((i) => Math.fround(Math.sin(1 + 12.9898 * i))));
    const integers = probeValue({ name: "k", dataType: DataType.INT64, shape: [2] }, undefined);
    expect(integers.data).toEqual(BigInt64Array.of(0n, 0n));
    for (const shape of [
      ["n", "m"],
      ["n", 3, ""],
    ]) {
      expect(() => probeValue({ name: "z", dataType: DataType.FLOAT, shape }, undefined)).toThrow(
        "axes behind the first must be numbers",
      );
    }
    expect(() => probeValue({ name: "z", dataType: DataType.FLOAT }, undefined)).toThrow("declares no shape");
  });
});
