// Files that PyTorch, safetensors, NumPy and Python wrote (tools/reference/checkpoints/formats.py).

import { readNpz } from "@vielbein/linalg/npy";
import { describe, expect, it } from "vitest";
import { type Checkpoint, checkpointFormat, openCheckpoint } from "../src/index.ts";
import { fixture } from "./compared.ts";

const open = async (name: string): Promise<Checkpoint> =>
  openCheckpoint({ name, bytes: await fixture(name), readBeside: fixture });

/** Shapes and elements by name. */
function values({ tensors }: Checkpoint, prefix = ""): Record<string, unknown> {
  const entries = [...tensors].map(([name, tensor]) => [
    name.slice(prefix.length),
    { shape: [...tensor.shape], values: Array.from(tensor.read()) },
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a! < b! ? -1 : 1)));
}

async function expected(name: string): Promise<Record<string, unknown>> {
  const arrays = Object.entries(readNpz(await fixture(name)));
  const entries = arrays.map(([key, { shape, data }]) => [
    key,
    { shape: [...shape], values: Array.from(data, Number) },
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a! < b! ? -1 : 1)));
}

describe("tensors of every type and of every kind of view", () => {
  it.each([
    ["views.pt", "zip", "state."],
    ["views_legacy.pt", "pickle", "state."],
    ["shards.index.json", "JSON", ""],
    ["views.npz", "zip", ""],
  ])("%s", async (name, format, prefix) => {
    const checkpoint = await open(name);
    expect(checkpoint.format).toBe(format);
    expect(values(checkpoint, prefix)).toEqual(await expected("views.npz"));
  });

  it("parts of a checkpoint in the older format", async () => {
    const parts: Readonly<Record<string, string>> = { "a.bin": "views_legacy.pt", "b.bin": "views_tar.pt" };
    const where = { "state.whole": "a.bin", "state.transposed": "b.bin" };
    const bytes = new TextEncoder().encode(JSON.stringify({ weight_map: where }));
    const readBeside = (location: string) => fixture(parts[location] ?? location);
    const found = values(await openCheckpoint({ name: "model.bin.index.json", bytes, readBeside }), "state.");
    expect(Object.keys(found)).toEqual(["transposed", "whole"]);
    expect(await expected("views.npz")).toMatchObject(found);
  });

  it("a tar archive, as PyTorch wrote them first", async () => {
    const checkpoint = await open("views_tar.pt");
    expect(checkpoint.format).toBe("tar");
    expect(checkpoint.settings.get("step")).toBe(3);
    const found = values(checkpoint, "state.");
    expect(Object.keys(found)).toHaveLength(9);
    expect(await expected("views.npz")).toMatchObject(found);
  });

  it.each(["float8.safetensors", "float8.pt"])("numbers of eight bits: %s", async (name) => {
    expect(values(await open(name))).toEqual(await expected("float8.npz"));
  });

  it("settings stand beside them", async () => {
    const { settings } = await open("views.pt");
    expect(settings.get("step")).toBe(3);
  });

  it("weights in single precision and C order are views of the file", async () => {
    for (const name of ["views.pt", "views_legacy.pt"]) {
      const { tensors, files } = await open(name);
      expect(tensors.get("state.whole")!.floatBytes!.buffer).toBe(files.get(name)!.buffer);
      expect(tensors.get("state.transposed")!.floatBytes).toBeUndefined();
      expect(tensors.get("state.half")!.floatBytes).toBeUndefined();
    }
  });

  it("a file that lies in a longer memory at an odd place", async () => {
    const bytes = await fixture("views_legacy.pt");
    const memory = new Uint8Array(bytes.length + 3);
    memory.set(bytes, 1);
    const checkpoint = await openCheckpoint({ name: "views.pt", bytes: memory.subarray(1, -2) });
    expect(values(checkpoint, "state.")).toEqual(await expected("views.npz"));
  });

  it("memory that workers share", async () => {
    const bytes = await fixture("views.pt");
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    const checkpoint = await openCheckpoint({ name: "views.pt", bytes: shared });
    expect(values(checkpoint, "state.")).toEqual(await expected("views.npz"));
  });
});

describe("pickles of Python", () => {
  it.each([0, 1, 2, 3, 4, 5])("protocol %i", async (protocol) => {
    const checkpoint = await open(`protocol_${protocol}.pkl`);
    expect(values(checkpoint)).toEqual(await expected("protocol.npz"));
    const { settings } = checkpoint;
    const numbers = [0, -1, 255, 256, 65536, -(2 ** 31), 2 ** 40];
    expect(numbers.map((_, i) => settings.get(`numbers.${i}`))).toEqual(numbers);
    expect([8, 9, 10, 11].map((i) => settings.get(`numbers.${i}`))).toEqual([1.5, -1e300, true, false]);
    expect(settings.get("texts.ascii")).toBe("a.b");
    expect(settings.get("texts.other")).toBe("ψ \n \\ ");
    expect(settings.get("texts.long")).toBe("x".repeat(300));
    expect(settings.get("containers.4.3")).toBe(4);
    expect(settings.get("containers.8.a")).toBe(1);
    expect(settings.get("object.epsilon")).toBe(1e-3);
  });
});

it("formats are told by their first bytes, and ONNX files are none of them", async () => {
  const names = ["stylegan2_ada.pkl", "dcgan.pth", "views.pt", "shard_0.safetensors", "shards.index.json"];
  const formats = await Promise.all(names.map(async (name) => checkpointFormat(await fixture(name))));
  expect(formats).toEqual(["pickle", "pickle", "zip", "safetensors", "JSON"]);
  const onnx = await fixture("../../../sample/faces.onnx");
  expect(checkpointFormat(onnx)).toBeUndefined();
  expect(checkpointFormat(new Uint8Array(0))).toBeUndefined();
});

it.each([640, 896, 1152, 1408])("a header of %i bytes, which begins as a pickle does", async (length) => {
  const plain = await fixture("shard_0.safetensors");
  const header = new DataView(plain.buffer).getUint32(0, true);
  const bytes = new Uint8Array(8 + length + plain.length - 8 - header).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(plain.subarray(8, 8 + header), 8);
  bytes.set(plain.subarray(8 + header), 8 + length);
  const checkpoint = await openCheckpoint({ name: "padded.safetensors", bytes });
  expect(checkpoint.format).toBe("safetensors");
  expect(values(checkpoint)).toEqual(values(await open("shard_0.safetensors")));
});

it("a pickle whose first text is a brace", () => {
  const pickle = Uint8Array.from("\x80\x02(X\x05\0\0\0{abc}tN.", (character) => character.charCodeAt(0));
  expect(checkpointFormat(pickle)).toBe("pickle");
});
