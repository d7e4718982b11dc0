// Weights in files beside the model: read late, never from outside the model's folder.

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readModelFile } from "@vielbein/runtime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Attribute,
  DataType,
  decodeModel,
  type ExternalData,
  encodeModel,
  type Model,
  type Node,
  OnnxMap,
  requireConfinedLocation,
  resolveExternalData,
} from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { makeModel, relativeError, runtime } from "./helpers.ts";

const n = 20;
const weight = Float32Array.from({ length: n * n }, (_, i) => Math.sin(i));
const bytesOfWeight = new Uint8Array(weight.buffer);

/** y = z·W with W in an external file. */
function model(external: ExternalData): Model {
  return makeModel({
    nodes: [makeNode("MatMul", ["z", "w"], ["y"])],
    initializers: [{ name: "w", dims: [n, n], dataType: DataType.FLOAT, raw: new Uint8Array(0), external }],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["batch", n] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT }],
  });
}

const never = (): Promise<Uint8Array> => {
  throw new Error("must not be read");
};

describe("locations", () => {
  test.each([
    "/etc/passwd",
    "\\\\server\\share",
    "C:\\weights.bin",
    "c:weights.bin",
    "..",
    "../weights.bin",
    "data/../../weights.bin",
    "data\\..\\weights.bin",
    "..\\weights.bin",
    "weights.bin\0.txt",
    "data/..",
  ])("%j is refused before anything is read", async (location) => {
    expect(() => requireConfinedLocation(location, "w")).toThrow(
      expect.objectContaining({ code: "INVALID_MODEL" }),
    );
    await expect(resolveExternalData(model({ location, offset: 0 }), never)).rejects.toMatchObject({
      code: "INVALID_MODEL",
      message: expect.stringContaining("leaves the model's folder"),
    });
  });

  test.each(["weights.bin", "data/weights.bin", "weights..bin", "...", ".hidden", "data\\weights.bin"])(
    "%j is allowed",
    (location) => {
      requireConfinedLocation(location, "w");
    },
  );
});

describe("reading", () => {
  test("decoding reads nothing; resolving reads each file once", async () => {
    const two = model({ location: "w.bin", offset: 0 });
    const again = { ...two.graph.initializers[0]!, name: "w2" };
    const graph = { ...two.graph, initializers: [...two.graph.initializers, again] };
    const decoded = decodeModel(encodeModel({ ...two, graph }));
    expect(decoded.graph.initializers[0]).toMatchObject({ external: { location: "w.bin", offset: 0 } });
    const asked: string[] = [];
    const resolved = await resolveExternalData(decoded, async (location) => {
      asked.push(location);
      return bytesOfWeight;
    });
    expect(asked).toEqual(["w.bin"]);
    expect(resolved.graph.initializers.map(({ raw }) => raw.length)).toEqual([4 * n * n, 4 * n * n]);
  });

  test("a model without external data comes back as it is", async () => {
    const plain = makeModel({ nodes: [], inputs: [], outputs: [] });
    expect(await resolveExternalData(plain, never)).toBe(plain);
  });

  test.each([
    ["short", { location: "w.bin", offset: 0 }, bytesOfWeight.length - 1],
    ["offset beyond its end", { location: "w.bin", offset: 4096 }, bytesOfWeight.length],
    [
      "declared length does not fit the shape",
      { location: "w.bin", offset: 0, length: 8 },
      bytesOfWeight.length,
    ],
  ])("a file that is too %s", async (_what, external, size) => {
    await expect(
      resolveExternalData(model(external), async () => new Uint8Array(size)),
    ).rejects.toMatchObject({
      code: "INVALID_MODEL",
      message: expect.stringContaining('"w.bin"'),
    });
  });

  test.each([
    ["negative offset", { location: "w.bin", offset: -4 }],
    ["no location", { location: "", offset: 0 }],
  ])("a malformed reference: %s", (_what, external) => {
    expect(() => decodeModel(encodeModel(model(external)))).toThrow(
      expect.objectContaining({ code: "INVALID_MODEL" }),
    );
  });
});

test("tensors of Constant nodes, also in a branch and in a function, are read too", async () => {
  const raw = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  const constant = (output: string): Node =>
    makeNode("Constant", [], [output], {
      value: {
        type: "tensor",
        value: {
          name: output,
          dims: [1, 3],
          dataType: DataType.FLOAT,
          raw: new Uint8Array(0),
          external: { location: "c.bin", offset: 4, length: 12 },
        },
      },
    });
  const body = (nodes: readonly Node[]): Attribute => ({
    type: "graph",
    value: {
      name: "branch",
      nodes,
      initializers: [],
      inputs: [],
      outputs: [{ name: "r" }],
      valueInfo: [],
      unknown: [],
    },
  });
  const added = [constant("inner"), makeNode("Add", ["z", "inner"], ["r"])];
  const yes = { name: "yes", dims: [], dataType: DataType.BOOL, raw: Uint8Array.of(1) };
  const scale = {
    domain: "my",
    name: "Scale",
    overload: "",
    inputs: ["a"],
    outputs: ["b"],
    defaults: new Map(),
    nodes: [constant("k"), makeNode("Mul", ["a", "k"], ["b"])],
    opsets: new Map([["", 18]]),
    encoded: new Uint8Array(0),
  };
  const parts = makeModel({
    nodes: [
      constant("outer"),
      makeNode("If", ["yes"], ["s"], { then_branch: body(added), else_branch: body(added) }),
      makeNode("Mul", ["s", "outer"], ["m"]),
      { ...makeNode("Scale", ["m"], ["y"]), domain: "my" },
    ],
    initializers: [yes],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 3] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT }],
  });
  const file = Uint8Array.of(0, 0, 0, 0, ...raw);
  const resolved = await resolveExternalData(
    { ...parts, functions: [scale], opsets: new Map([...parts.opsets, ["my", 1]]) },
    async () => file,
  );
  const map = await OnnxMap.create(resolved, runtime);
  // (z + c) ⊙ c ⊙ c.
  expect(relativeError(await map.evaluate(Float32Array.of(1, 1, 1), 1), [2, 12, 36])).toBeLessThan(1e-6);
  await map.dispose();
  await expect(resolveExternalData(parts, async () => file.subarray(1))).rejects.toMatchObject({
    code: "INVALID_MODEL",
  });
});

describe("files on disk", () => {
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vielbein-"));
    await mkdir(join(folder, "model", "data"), { recursive: true });
    const padded = new Uint8Array(64 + bytesOfWeight.length);
    padded.set(bytesOfWeight, 64);
    await writeFile(join(folder, "model", "data", "w.bin"), padded);
    await writeFile(join(folder, "outside.bin"), padded);
    await symlink(join(folder, "outside.bin"), join(folder, "model", "link.bin"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function open(location: string): Promise<Model> {
    const path = join(folder, "model", "model.onnx");
    await writeFile(path, encodeModel(model({ location, offset: 64, length: bytesOfWeight.length })));
    const file = await readModelFile(path);
    return resolveExternalData(decodeModel(file.bytes, file.name), file.readExternal);
  }

  test("weights in a subfolder, at an offset, evaluate and differentiate right", async () => {
    const map = await OnnxMap.create(await open("data/w.bin"), runtime);
    const unit = Float32Array.from({ length: n }, (_, i) => (i === 3 ? 1 : 0));
    const row = weight.slice(3 * n, 4 * n);
    expect(relativeError(await map.evaluate(unit, 1), row)).toBeLessThan(1e-6);
    expect(relativeError(await map.jvp(new Float32Array(n), unit, 1), row)).toBeLessThan(1e-6);
    await map.dispose();
  });

  test("a symbolic link that leads out is refused", async () => {
    await expect(open("link.bin")).rejects.toMatchObject({ code: "INVALID_MODEL" });
  });

  test("a file that is not there", async () => {
    await expect(open("absent.bin")).rejects.toMatchObject({ code: "MISSING_FILE" });
  });
});
