// Graphs that crash the engine, want too much memory or never end, in trials.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime, TrialLimits } from "@vielbein/core/runtime";
import { type Attribute, DataType, encodeModel, type Model, type Node, type Tensor } from "@vielbein/onnx";
import { afterAll, describe, expect, it } from "vitest";
import { NodeRuntime, type NodeRuntimeOptions, readModelFile } from "../src/index.ts";
import { runtimeContract } from "./contract.ts";

const trial = { memory: 2 ** 28 };
const runtime = new NodeRuntime({ threads: 1 });

function node(
  opType: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, Attribute> = {},
): Node {
  return { opType, domain: "", name: "", inputs, outputs, attributes: new Map(Object.entries(attributes)) };
}

function int64s(name: string, ...values: number[]): Tensor {
  const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { name, dims: [values.length], dataType: DataType.INT64, raw };
}

/** x [n, 4] → y. */
function model(nodes: Node[], initializers: Tensor[] = [], opset = 17): Model {
  return {
    irVersion: 8,
    producerName: "",
    producerVersion: "",
    opsets: new Map([["", opset]]),
    metadata: new Map(),
    graph: {
      name: "g",
      nodes,
      initializers,
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", 4] }],
      outputs: [{ name: "y" }],
      valueInfo: [],
      unknown: [],
    },
    unknown: [],
    files: new Map(),
  };
}

const x = { type: "float32", dims: [1, 4], data: Float32Array.of(1, 2, 3, 4) } as const;

async function run(graph: Model, limits = trial): Promise<unknown> {
  const session = await runtime.createSession(
    { bytes: encodeModel(graph) },
    { optimize: false, trial: limits },
  );
  try {
    return await session.run({ x });
  } finally {
    await session.dispose();
  }
}

const sound = model([node("Neg", ["x"], ["y"])]);

describe("a trial", () => {
  const onTrial: Runtime = {
    name: runtime.name,
    createSession: (source, options) => runtime.createSession(source, { ...options, trial }),
  };
  it.each(runtimeContract)("keeps the contract: $name", (rule) => rule.run(onTrial));

  it("survives a graph that crashes the engine, and says so", async () => {
    const split = node("Split", ["x"], ["", "y"], { axis: { type: "int", value: 1 } });
    await expect(run(model([split], [], 13))).rejects.toMatchObject({
      code: "BACKEND_CRASHED",
      message: expect.stringContaining("crashes ONNX Runtime"),
    });
    await expect(run(sound)).resolves.toMatchObject({ y: { data: Float32Array.of(-1, -2, -3, -4) } });
  });

  it("refuses a graph that wants more memory than it may take, by node and size", async (context) => {
    if (process.platform !== "linux") context.skip("memory is limited beforehand on Linux only");
    // The size is a sum, which only the engine computes.
    const grow = { ...node("Expand", ["one", "size"], ["large"]), name: "grow" };
    const one: Tensor = { name: "one", dims: [1], dataType: DataType.FLOAT, raw: new Uint8Array(4) };
    const large = model(
      [node("ReduceSum", ["sizes"], ["size"]), grow, node("ReduceSum", ["large"], ["y"])],
      [int64s("sizes", 2 ** 29, 2 ** 29), one],
    );
    await expect(run(large)).rejects.toMatchObject({
      code: "MEMORY_BUDGET",
      message: expect.stringMatching(/Expand node "grow" wants 4\.00 GiB/),
    });
  });

  it("is cut off when it takes too long", async () => {
    const forever = await endless({ trialSeconds: 3 });
    await expect(forever.run).rejects.toMatchObject({
      code: "TIME_LIMIT",
      message: expect.stringContaining("after the 3 s"),
    });
    expect(() => new NodeRuntime({ trialSeconds: 0 })).toThrow("trialSeconds must be positive, got 0");
  });

  it("is cut off when it takes longer than its graph may, where the runtime was not told", async () => {
    const forever = await endless({}, { ...trial, seconds: 1 });
    await expect(forever.run).rejects.toMatchObject({ message: expect.stringContaining("after the 1 s") });
    const patient = await endless({ trialSeconds: 2 }, { ...trial, seconds: 1 });
    await expect(patient.run).rejects.toMatchObject({ message: expect.stringContaining("after the 2 s") });
  });

  it("is cut off with the runtime", async () => {
    const forever = await endless();
    const ended = expect(forever.run).rejects.toMatchObject({ code: "BACKEND_FAILED" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await forever.runtime.dispose();
    await ended;
  });

  it("reads weights from their file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vielbein-trial-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "w.bin"), new Uint8Array(Float32Array.of(5, 6, 7, 8).buffer));
    writeFileSync(join(folder, "m.onnx"), "");
    const w: Tensor = {
      name: "w",
      dims: [1, 4],
      dataType: DataType.FLOAT,
      raw: new Uint8Array(0),
      external: { location: "w.bin", offset: 0 },
    };
    const { readExternal } = await readModelFile(join(folder, "m.onnx"));
    const weights = await readExternal("w.bin");
    const bytes = encodeModel(model([node("Add", ["x", "w"], ["y"])], [w]));
    for (const change of [undefined, Float32Array.of(0, 0, 0, 0, 0)]) {
      // What was read counts, whatever becomes of the file.
      if (change) writeFileSync(join(folder, "w.bin"), new Uint8Array(change.buffer));
      const session = await runtime.createSession({ bytes, files: new Map([["w.bin", weights]]) }, { trial });
      expect((await session.run({ x })).y!.data).toEqual(Float32Array.of(6, 8, 10, 12));
      await session.dispose();
    }
  });

  it("runs here where isolation is not wanted", async () => {
    const here = new NodeRuntime({ threads: 1, isolate: false });
    const before = children();
    const session = await here.createSession({ bytes: encodeModel(sound) }, { trial });
    await session.run({ x });
    expect(newChildren(before)).toEqual([]);
    await here.dispose();
  });

  it("leaves no process behind when it has been idle for a while", async (context) => {
    if (noProcessList) context.skip(noProcessList);
    const before = children();
    const one = new NodeRuntime({ threads: 1 });
    const session = await one.createSession({ bytes: encodeModel(sound) }, { trial: unused() });
    expect(newChildren(before)).toHaveLength(1);
    await session.dispose();
    await expect.poll(() => newChildren(before), { timeout: 20_000 }).toEqual([]);
  });
});

describe("the process of a trial", () => {
  const opened: NodeRuntime[] = [];
  afterAll(() => Promise.all(opened.map((each) => each.dispose())));

  /** Opens and releases a session in the trial of a runtime; whatever comes of it, a run between them. */
  async function tryOut(own: NodeRuntime, limits: TrialLimits, graph = sound): Promise<void> {
    const session = await own.createSession(
      { bytes: encodeModel(graph) },
      { optimize: false, trial: limits },
    );
    await session.run({ x }).catch(() => undefined);
    await session.dispose();
  }
  const open = (options: NodeRuntimeOptions = {}): NodeRuntime => {
    const own = new NodeRuntime({ threads: 1, ...options });
    opened.push(own);
    return own;
  };
  /** Runs where processes can be counted. */
  const counting = (
    name: string,
    body: (started: () => number, limits: TrialLimits) => Promise<void>,
  ): void => {
    it(name, async (context) => {
      if (noProcessList) context.skip(noProcessList);
      const seen = new Set(children());
      // Processes of other tests may end meanwhile; of those that start, all are seen.
      const started = (): number => {
        const fresh = children().filter((id) => !seen.has(id));
        for (const id of fresh) seen.add(id);
        return fresh.length;
      };
      await body(started, unused());
    });
  };

  counting("is handed to the next runtime, also when its own is disposed of", async (started, limits) => {
    const first = open();
    await tryOut(first, limits);
    expect(started()).toBe(1);
    await tryOut(open(), limits);
    await first.dispose();
    await tryOut(open(), limits);
    expect(started()).toBe(0);
  });

  counting("keeps its limit of memory: another limit is another process", async (started, limits) => {
    await tryOut(open(), limits);
    await tryOut(open(), unused());
    expect(started()).toBe(2);
  });

  counting("is its runtime's alone while it has a session", async (started, limits) => {
    const first = open();
    const session = await first.createSession({ bytes: encodeModel(sound) }, { trial: limits });
    await tryOut(first, limits);
    expect(started()).toBe(1);
    await tryOut(open(), limits);
    expect(started()).toBe(1);
    expect((await session.run({ x })).y!.data).toEqual(Float32Array.of(-1, -2, -3, -4));
    await session.dispose();
  });

  counting("stays with its runtime when a graph was refused or a run failed", async (started) => {
    const unknown = model([node("NoSuchOperator", ["x"], ["y"])]);
    const reshaped = model([node("Reshape", ["x", "to"], ["y"])], [int64s("to", 3)]);
    for (const graph of [unknown, reshaped]) {
      const [own, limits] = [open(), unused()];
      await tryOut(own, limits, graph).catch(() => undefined);
      expect(started()).toBe(1);
      await tryOut(own, limits);
      expect(started()).toBe(0);
      await tryOut(open(), limits);
      expect(started()).toBe(1);
    }
  });

  counting("stays with its runtime when more than half of its memory is in use", async (started) => {
    const limits = { memory: 2 ** 27 };
    const own = open();
    await tryOut(own, limits);
    await tryOut(own, limits);
    expect(started()).toBe(1);
    await tryOut(open(), limits);
    expect(started()).toBe(1);
  });

  counting("takes nothing of another runtime with it when it crashes", async (started, limits) => {
    const split = model([node("Split", ["x"], ["", "y"], { axis: { type: "int", value: 1 } })], [], 13);
    await tryOut(open(), limits);
    expect(started()).toBe(1);
    const own = open();
    await expect(
      own
        .createSession({ bytes: encodeModel(split) }, { optimize: false, trial: limits })
        .then((session) => session.run({ x })),
    ).rejects.toMatchObject({ code: "BACKEND_CRASHED" });
    await tryOut(open(), limits);
    await tryOut(own, limits);
    expect(started()).toBe(1);
  });

  counting("has the patience of the runtime that it works for", async (started, limits) => {
    await tryOut(open({ trialSeconds: 600 }), limits);
    const { run: forever } = await endless({ trialSeconds: 1 }, limits);
    await expect(forever).rejects.toMatchObject({ message: expect.stringContaining("after the 1 s") });
    expect(started()).toBe(1);
  });
});

const noProcessList = existsSync("/proc/self/task")
  ? undefined
  : "processes are listed in /proc, which Linux has";

/** Limits for which no process waits. */
function unused(): TrialLimits {
  return { memory: trial.memory + ++usedLimits };
}
let usedLimits = 0;

/** A run of a loop without end, under way. */
async function endless(
  options: NodeRuntimeOptions = {},
  limits: TrialLimits = trial,
): Promise<{ runtime: NodeRuntime; run: Promise<unknown> }> {
  const scalar = (name: string, dataType: number, raw: Uint8Array): Tensor => ({
    name,
    dims: [],
    dataType,
    raw,
  });
  const body: Attribute = {
    type: "graph",
    value: {
      ...sound.graph,
      nodes: [node("Identity", ["go"], ["goOn"]), node("Identity", ["v"], ["w"])],
      inputs: [
        { name: "i", dataType: DataType.INT64, shape: [] },
        { name: "go", dataType: DataType.BOOL, shape: [] },
        { name: "v", dataType: DataType.FLOAT },
      ],
      outputs: [
        { name: "goOn", dataType: DataType.BOOL, shape: [] },
        { name: "w", dataType: DataType.FLOAT },
      ],
    },
  };
  const graph = model(
    [node("Loop", ["trips", "yes", "x"], ["y"], { body })],
    [
      scalar("trips", DataType.INT64, new Uint8Array(BigInt64Array.of(2n ** 62n).buffer)),
      scalar("yes", DataType.BOOL, Uint8Array.of(1)),
    ],
  );
  const own = new NodeRuntime({ threads: 1, ...options });
  const session = await own.createSession({ bytes: encodeModel(graph) }, { trial: limits });
  return { runtime: own, run: session.run({ x }) };
}

function newChildren(known: readonly string[]): string[] {
  return children().filter((id) => !known.includes(id));
}

function children(): string[] {
  if (!existsSync("/proc/self/task")) return [];
  return readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean),
  );
}
