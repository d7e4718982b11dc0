import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelSource } from "@vielbein/core";
import { DataType, encodeModel, type Model, type Tensor } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { NodeRuntime, readModelFile } from "../src/index.ts";

/** y = x·w, w [300, 2] full of ones. */
function product(weight: Partial<Tensor> = {}): Model {
  const ones = new Float32Array(600).fill(1);
  const w: Tensor = {
    name: "w",
    dims: [300, 2],
    dataType: DataType.FLOAT,
    raw: new Uint8Array(ones.buffer),
    ...weight,
  };
  return {
    irVersion: 8,
    producerName: "",
    producerVersion: "",
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    graph: {
      name: "product",
      nodes: [
        { opType: "MatMul", domain: "", name: "", inputs: ["x", "w"], outputs: ["y"], attributes: new Map() },
      ],
      initializers: [w],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", 300] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
      valueInfo: [],
      unknown: [],
    },
    unknown: [],
    files: new Map(),
  };
}

const runtime = new NodeRuntime({ threads: 1 });
const x = { type: "float32" as const, dims: [1, 300], data: new Float32Array(300).fill(0.5) };

async function evaluate(source: ModelSource): Promise<number[]> {
  const session = await runtime.createSession(source);
  try {
    const { y } = await session.run({ x });
    return Array.from(y!.data as Float32Array);
  } finally {
    await session.dispose();
  }
}

describe("NodeRuntime", () => {
  it("runs a graph and names what it reads and writes", async () => {
    const session = await runtime.createSession({ bytes: encodeModel(product()) });
    expect([session.inputNames, session.outputNames]).toEqual([["x"], ["y"]]);
    const { y } = await session.run({ x }, ["y"]);
    expect(y).toMatchObject({ type: "float32", dims: [1, 2] });
    expect(Array.from(y!.data as Float32Array)).toEqual([150, 150]);
    await session.dispose();
  });

  it("reads weights from files handed in beside the graph", async () => {
    const external = { location: "w.bin", offset: 8 };
    const bytes = encodeModel(product({ raw: new Uint8Array(0), external }));
    const data = new Float32Array(602).fill(2);
    expect(await evaluate({ bytes, files: new Map([["w.bin", new Uint8Array(data.buffer)]]) })).toEqual([
      300, 300,
    ]);
  });

  it("gives the same result with any number of threads", async () => {
    for (const threads of [1, 2]) {
      const session = await new NodeRuntime({ threads }).createSession({ bytes: encodeModel(product()) });
      expect(Array.from((await session.run({ x })).y!.data as Float32Array)).toEqual([150, 150]);
      await session.dispose();
    }
    expect(() => new NodeRuntime({ threads: 0 })).toThrow("positive integer");
  });

  it("turns the engine's refusals into typed errors of one line", async () => {
    const broken = {
      ...product(),
      opsets: new Map([
        ["", 17],
        ["com.example", 1],
      ]),
    };
    const nodes = broken.graph.nodes.map((node) => ({ ...node, domain: "com.example" }));
    const bytes = encodeModel({ ...broken, graph: { ...broken.graph, nodes } });
    await expect(runtime.createSession({ bytes })).rejects.toMatchObject({ code: "BACKEND_FAILED" });
    const session = await runtime.createSession({ bytes: encodeModel(product()) });
    const error = await session.run({ x: { ...x, dims: [300, 1] } }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: "BACKEND_FAILED" });
    expect((error as Error).message).not.toContain("\n");
    await session.dispose();
  });

  it("may be disposed twice, and says so when used afterwards", async () => {
    const session = await runtime.createSession({ bytes: encodeModel(product()) });
    await session.dispose();
    await session.dispose();
    await expect(session.run({ x })).rejects.toThrow("disposed");
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
