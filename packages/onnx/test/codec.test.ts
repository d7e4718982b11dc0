// Reading and writing ONNX files: nothing is lost, everything has one form, and damage is reported as such.

import { readFile } from "node:fs/promises";
import { VielbeinError } from "@vielbein/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireReader } from "../src/file/proto/reader.ts";
import { WireWriter } from "../src/file/proto/writer.ts";
import { modelSource } from "../src/file/source.ts";
import { decodeModel, encodeModel, type Model, type Tensor } from "../src/index.ts";
import { float, int, ints, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor, numericValues } from "../src/model/tensor.ts";
import { makeModel, runtime, structure } from "./helpers.ts";

const fixture = (name: string): Promise<Buffer> => readFile(new URL(`fixtures/${name}`, import.meta.url));

/** z [1, n] → tanh(z·W), W large enough to be written by reference. */
function linear(n: number): Model {
  const weight = float32Tensor(
    "w",
    Float32Array.from({ length: n * n }, (_, i) => Math.sin(i)),
    [n, n],
  );
  return makeModel({
    nodes: [makeNode("MatMul", ["z", "w"], ["h"]), makeNode("Tanh", ["h"], ["y"])],
    initializers: [weight],
    inputs: [{ name: "z", dataType: 1, shape: ["batch", n] }],
    outputs: [{ name: "y", dataType: 1, shape: ["batch", n] }],
  });
}

describe("against the Python package", async () => {
  const bytes = await fixture("encodings.onnx");
  const model = decodeModel(bytes);
  const expected = JSON.parse(String(await fixture("encodings.json"))) as {
    tensors: Record<string, { dims: number[]; type: number; values: string[] }>;
    attributes: Record<string, string | string[]>;
  };
  const tensors = new Map(model.graph.initializers.map((tensor) => [tensor.name, tensor]));

  test.each(Object.keys(expected.tensors))("tensor %s", (name) => {
    const { dims, type, values } = expected.tensors[name]!;
    const tensor = tensors.get(name)!;
    expect(tensor.dims).toEqual(dims);
    expect(tensor.dataType).toBe(type);
    const number = (text: string): number => (text === "True" ? 1 : text === "False" ? 0 : Number(text));
    expect(numericValues(tensor)).toEqual(values.map(number));
  });

  test.each(Object.keys(expected.tensors).filter((name) => !name.endsWith("_raw")))(
    "tensor %s has the same bytes from its typed field and raw",
    (name) => {
      expect(Array.from(tensors.get(name)!.raw)).toEqual(Array.from(tensors.get(`${name}_raw`)!.raw));
    },
  );

  test("attributes of every type", () => {
    const [node] = model.graph.nodes;
    const text = (value: unknown): string => String(value);
    for (const [name, value] of Object.entries(expected.attributes)) {
      const attribute = node!.attributes.get(name)!;
      const read = Array.isArray(attribute.value) ? attribute.value.map(Number) : attribute.value;
      if (attribute.type === "strings") expect(attribute.value).toEqual(value);
      else if (Array.isArray(value)) expect(read).toEqual(value.map(Number));
      else if (attribute.type === "string") expect(text(attribute.value)).toBe(value);
      else expect(attribute.value).toBe(Number(value));
    }
    expect(node!.attributes.get("value")).toMatchObject({
      type: "tensor",
      value: { name: "attribute_tensor" },
    });
    expect(node!.attributes.get("branch")).toMatchObject({ type: "graph", value: { name: "inner" } });
    expect(node!.attributes.get("a_type")!.type).toBe("opaque");
    expect(node).toMatchObject({ domain: "com.example", name: "odd_node", inputs: ["z", "", "float"] });
  });

  test("shapes: named, open, absent and empty", () => {
    const [z] = model.graph.inputs;
    const [y, odd] = model.graph.outputs;
    expect([z!.shape, y!.shape, odd!.shape]).toEqual([["batch", "", 4], undefined, []]);
  });

  test("written back, it is the same, what is not interpreted included", () => {
    const again = decodeModel(encodeModel(model));
    expect(structure(again)).toEqual(structure(model));
    for (const text of ["documentation of the model", "documentation of the graph", "second"]) {
      expect(Buffer.from(encodeModel(model)).includes(text)).toBe(true);
    }
    // Dense once it is read.
    expect(numericValues(tensors.get("sparse")!)).toEqual([0, 2.5, 0, 0]);
    expect(model.metadata).toEqual(
      new Map([
        ["key", "value"],
        ["empty", ""],
      ]),
    );
    expect(model.opsets).toEqual(
      new Map([
        ["", 18],
        ["com.example", 3],
      ]),
    );
  });

  test("writing settles after one round", () => {
    const once = encodeModel(model);
    expect(Buffer.from(encodeModel(decodeModel(once))).equals(Buffer.from(once))).toBe(true);
  });
});

describe("numbers on the wire", () => {
  test("integers survive up to 2^53, the ends of int64 saturate", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const writer = new WireWriter();
        writer.int(3, value);
        const reader = new WireReader(writer.finish());
        expect(reader.next() && reader.int()).toBe(value);
      }),
    );
    for (const value of [2 ** 63, -(2 ** 63), 2 ** 62]) {
      const attributes = { end: int(value), ends: ints([value, -1]) };
      const model = makeModel({ nodes: [makeNode("Odd", [], ["y"], attributes)], inputs: [], outputs: [] });
      const [node] = decodeModel(encodeModel(model)).graph.nodes;
      expect(node!.attributes.get("end")!.value).toBe(value);
      expect(node!.attributes.get("ends")!.value).toEqual([value, -1]);
    }
    expect([...int64Tensor("t", [2 ** 63]).raw]).toEqual([...Array(7).fill(255), 127]);
  });

  test("any attributes, names and dimensions survive", () => {
    const name = fc.string({ unit: "grapheme", maxLength: 12 });
    const attribute = fc.oneof(
      fc.maxSafeInteger().map(int),
      fc.float({ noNaN: true }).map(float),
      fc.array(fc.maxSafeInteger(), { maxLength: 4 }).map(ints),
      fc
        .array(fc.float({ noNaN: true }), { maxLength: 4 })
        .map((value) => ({ type: "floats", value }) as const),
      name.map((value) => ({ type: "string", value }) as const),
      fc.array(name, { maxLength: 3 }).map((value) => ({ type: "strings", value }) as const),
    );
    fc.assert(
      fc.property(
        fc.dictionary(name, attribute),
        fc.array(name),
        fc.array(fc.oneof(fc.nat(), name)),
        (attributes, inputs, shape) => {
          const model = makeModel({
            nodes: [makeNode("Odd", inputs, ["y"], attributes)],
            inputs: [{ name: "z", dataType: 1, shape }],
            outputs: [],
          });
          expect(structure(decodeModel(encodeModel(model)))).toEqual(structure(model));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("bytes in memory", () => {
  test("a Buffer inside a larger one is read like an array of its own", async () => {
    const bytes = await fixture("encodings.onnx");
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    expect(structure(decodeModel(shifted))).toEqual(structure(decodeModel(Uint8Array.from(bytes))));
    const values = (model: Model): number[][] =>
      model.graph.initializers.filter((tensor: Tensor) => !tensor.opaque).map(numericValues);
    expect(values(decodeModel(shifted))).toEqual(values(decodeModel(Uint8Array.from(bytes))));
  });

  test("weights by reference: a small file that gives the same result", async () => {
    const whole = encodeModel(linear(64));
    const model = decodeModel(whole, "linear.onnx");
    const { bytes, files } = modelSource(model);
    expect(bytes.length).toBeLessThan(600);
    expect([...files!.keys()]).toEqual(["linear.onnx"]);
    const feeds = {
      z: { type: "float32", dims: [1, 64], data: Float32Array.from({ length: 64 }, (_, i) => i / 64) },
    } as const;
    const results = [];
    for (const source of [{ bytes: whole }, { bytes, files: files! }]) {
      const session = await runtime.createSession(source);
      results.push((await session.run(feeds)).y!.data);
      await session.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });
});

describe("damaged files", () => {
  /** Decoding either succeeds or fails in the documented way. */
  function expectGraceful(bytes: Uint8Array): void {
    try {
      decodeModel(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(VielbeinError);
      expect((error as VielbeinError).code).toBe("INVALID_MODEL");
    }
  }

  test("cut short anywhere", async () => {
    for (const name of ["encodings.onnx", "vae_torchscript.onnx"]) {
      const bytes = await fixture(name);
      for (let length = 0; length < bytes.length; length += 97) {
        expect(() => decodeModel(bytes.subarray(0, length), name)).toThrow(
          expect.objectContaining({ code: "INVALID_MODEL", message: expect.stringContaining(name) }),
        );
      }
    }
  });

  test("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), expectGraceful), { numRuns: 500 });
  });

  test("one byte changed", async () => {
    const bytes = Uint8Array.from(await fixture("encodings.onnx"));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (position, value) => {
        const changed = bytes.slice();
        changed[position] = value;
        expectGraceful(changed);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["nothing", ""],
    ["a text", "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12345\n"],
    ["a web page", "<!DOCTYPE html><html><body>Not found</body></html>"],
    ["a zip archive", "PK\x03\x04\x14\x00\x00\x00\x00\x00"],
  ])("%s", (_what, text) => {
    expect(() => decodeModel(new TextEncoder().encode(text), "decoder.onnx")).toThrow(
      expect.objectContaining({
        code: "INVALID_MODEL",
        message: expect.stringMatching(/"decoder.onnx".*not a complete ONNX model/s),
      }),
    );
  });

  test("an extent beyond 2^53", () => {
    const shape = [1, 2 ** 63];
    const model = { ...linear(2).graph, inputs: [{ name: "z", dataType: 1, shape }] };
    expect(() => decodeModel(encodeModel({ ...linear(2), graph: model }))).toThrow(
      expect.objectContaining({
        code: "INVALID_MODEL",
        message: expect.stringContaining("impossible extent"),
      }),
    );
  });

  test("nested without end", () => {
    let inner: Uint8Array = new Uint8Array(0);
    // A graph in an attribute of a node of a graph …: deep enough to exhaust a careless reader's stack.
    for (let depth = 0; depth < 20_000; depth++) {
      const [attribute, node, graph] = [new WireWriter(), new WireWriter(), new WireWriter()];
      attribute.byteString(6, inner);
      node.message(5, attribute);
      graph.message(1, node);
      inner = graph.finish();
      if (inner.length > 200_000) break;
    }
    const model = new WireWriter();
    model.byteString(7, inner);
    expectGraceful(model.finish());
  });
});
