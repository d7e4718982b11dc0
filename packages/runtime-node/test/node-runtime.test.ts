import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import { DataType, encodeModel, type Model } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { NodeRuntime, type NodeRuntimeOptions, readModelFile } from "../src/index.ts";
import { runtimeContract } from "./contract.ts";

/** y = x·x for a matrix. */
const square: Model = {
  irVersion: 8,
  producerName: "",
  producerVersion: "",
  opsets: new Map([["", 17]]),
  metadata: new Map(),
  graph: {
    name: "square",
    nodes: [
      { opType: "MatMul", domain: "", name: "", inputs: ["x", "x"], outputs: ["y"], attributes: new Map() },
    ],
    initializers: [],
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", "n"] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT }],
    valueInfo: [],
    unknown: [],
  },
  unknown: [],
  files: new Map(),
};

function constantMatrix(n: number, value: number): RuntimeTensor {
  return { type: "float32", dims: [n, n], data: new Float32Array(n * n).fill(value) };
}

/** Elements of (value·1)² for a matrix of ones, by a runtime with these options. */
async function squared(options: NodeRuntimeOptions, n: number, value: number): Promise<Set<number>> {
  const session = await new NodeRuntime({ threads: 1, ...options }).createSession({
    bytes: encodeModel(square),
  });
  try {
    return new Set((await session.run({ x: constantMatrix(n, value) })).y!.data as Float32Array);
  } finally {
    await session.dispose();
  }
}

describe.each([true, false])("NodeRuntime, worker: %s", (worker) => {
  const runtime = new NodeRuntime({ threads: 1, worker });
  it.each(runtimeContract)("$name", ({ run }) => run(runtime));
});

describe("NodeRuntime", () => {
  it("lets the event loop go on during a run, on a worker thread", async () => {
    for (const worker of [true, false]) {
      const session = await new NodeRuntime({ threads: 1, worker }).createSession({
        bytes: encodeModel(square),
      });
      let turns = 0;
      const timer = setInterval(() => turns++);
      await session.run({ x: constantMatrix(1000, 0.5) });
      clearInterval(timer);
      if (worker) expect(turns).toBeGreaterThan(5);
      else expect(turns).toBeLessThan(5);
      await session.dispose();
    }
  });

  it.each([true, false])("takes models and tensors in shared memory, worker: %s", async (worker) => {
    const encoded = encodeModel(square);
    const bytes = new Uint8Array(new SharedArrayBuffer(encoded.length));
    bytes.set(encoded);
    const session = await new NodeRuntime({ threads: 1, worker }).createSession({ bytes });
    const data = new Float32Array(new SharedArrayBuffer(16));
    data.set([1, 1, 0, 1]);
    const { y } = await session.run({ x: { type: "float32", dims: [2, 2], data } });
    expect(Array.from(y!.data as Float32Array)).toEqual([1, 2, 0, 1]);
    await session.dispose();
  });

  it("gives the same result with any setting", async () => {
    const settings: NodeRuntimeOptions[] = [
      { threads: 2 },
      { arena: false },
      { memoryPattern: true },
      { optimization: "disabled" },
      { optimization: "all" },
    ];
    for (const options of settings) expect(await squared(options, 64, 0.5)).toEqual(new Set([16]));
  });

  it.each([true, false])("says when memory does not suffice, worker: %s", async (worker) => {
    const shape = BigInt64Array.of(2n ** 46n);
    const session = await new NodeRuntime({ threads: 1, worker }).createSession({
      bytes: encodeModel({
        ...square,
        graph: {
          ...square.graph,
          nodes: [{ ...square.graph.nodes[0]!, opType: "Expand", inputs: ["x", "shape"] }],
          initializers: [
            { name: "shape", dims: [1], dataType: DataType.INT64, raw: new Uint8Array(shape.buffer) },
          ],
          outputs: [{ name: "y" }],
        },
      }),
    });
    await expect(session.run({ x: constantMatrix(1, 1) })).rejects.toMatchObject({
      code: "MEMORY_BUDGET",
      message: expect.stringContaining("fewer vectors"),
    });
    await session.dispose();
  });

  it("refuses settings out of range", async () => {
    expect(() => new NodeRuntime({ threads: 0 })).toThrow("positive integer");
    expect(() => new NodeRuntime({ optimization: "most" as "all" })).toThrow(
      "disabled, basic, extended, all",
    );
    expect(() => new NodeRuntime({ provider: "gpu" as "cpu" })).toThrow("cpu, cuda, webgpu");
    await expect(NodeRuntime.create({ providers: [] })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("passes over a provider that cannot start, and says why", async (context) => {
    const runtime = await NodeRuntime.create({ providers: ["cuda", "cpu"], threads: 1 });
    if (runtime.name.endsWith("(cuda)")) context.skip("CUDA works here");
    expect(runtime.name).toMatch(/^onnxruntime-node \d+\.\d+\.\d+ \(cpu\)$/);
    expect(runtime.report).toEqual([
      { provider: "cuda", reason: expect.stringContaining("Failed to load shared library") },
      { provider: "cpu" },
    ]);
    await runtime.dispose();
    await expect(NodeRuntime.create({ providers: ["cuda"] })).rejects.toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      message: expect.stringContaining("cuda: "),
    });
  });

  it("finishes what is under way when it is disposed of, and runs nothing afterwards", async () => {
    const runtime = new NodeRuntime({ threads: 1 });
    const session = await runtime.createSession({ bytes: encodeModel(square) });
    const run = session.run({ x: constantMatrix(500, 0.5) });
    await runtime.dispose();
    expect(new Set((await run).y!.data as Float32Array)).toEqual(new Set([125]));
    await expect(session.run({ x: constantMatrix(2, 1) })).rejects.toMatchObject({ code: "BACKEND_FAILED" });
    await expect(runtime.createSession({ bytes: encodeModel(square) })).rejects.toThrow("has ended");
  });
});

describe("readModelFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "vielbein-files-"));
  mkdirSync(join(folder, "inside"));
  writeFileSync(join(folder, "inside", "model.onnx"), Uint8Array.of(1, 2, 3));
  writeFileSync(join(folder, "inside", "weights.bin"), Uint8Array.of(4, 5));
  writeFileSync(join(folder, "secret.bin"), Uint8Array.of(6));
  symlinkSync(join(folder, "secret.bin"), join(folder, "inside", "link.bin"));
  symlinkSync(join(folder, "inside", "weights.bin"), join(folder, "inside", "friend.bin"));

  it("reads the model, and external data only when asked", async () => {
    const file = await readModelFile(join(folder, "inside", "model.onnx"));
    expect(file.name).toBe("model.onnx");
    expect(Array.from(file.bytes)).toEqual([1, 2, 3]);
    expect(Array.from(await file.readExternal("weights.bin"))).toEqual([4, 5]);
    expect(Array.from(await file.readExternal("friend.bin"))).toEqual([4, 5]);
  });

  it("reads into shared memory, which threads need not copy", async () => {
    const file = await readModelFile(join(folder, "inside", "model.onnx"));
    expect(file.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("does not follow a link, or a path, out of the folder", async () => {
    const file = await readModelFile(join(folder, "inside", "model.onnx"));
    for (const location of ["link.bin", "../secret.bin"]) {
      await expect(file.readExternal(location)).rejects.toMatchObject({ code: "INVALID_MODEL" });
    }
  });

  it("says which file is missing", async () => {
    await expect(readModelFile(join(folder, "absent.onnx"))).rejects.toMatchObject({ code: "MISSING_FILE" });
    const file = await readModelFile(join(folder, "inside", "model.onnx"));
    await expect(file.readExternal("absent.bin")).rejects.toMatchObject({ code: "MISSING_FILE" });
  });
});
