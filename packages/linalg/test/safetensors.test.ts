import fc from "fast-check";
import { expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../src/files/safetensors.ts";
import { expectError, fixture } from "./helpers.ts";

const whole = Array.from({ length: 24 }, (_, i) => i);

it("reads every type of a file by the reference implementation", () => {
  const { tensors, metadata } = readSafetensors(fixture("all.safetensors"));
  expect(metadata).toEqual({ origin: "safetensors" });
  for (const name of ["f8", "f4", "f2"]) {
    expect(tensors[`t-${name}`]!.shape).toEqual([2, 3, 4]);
    expect(Array.from(tensors[`t-${name}`]!.data as Float64Array)).toEqual(whole.map((x) => x / 2));
  }
  for (const name of ["i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"]) {
    expect(Array.from(tensors[`t-${name}`]!.data as Int32Array, Number)).toEqual(whole);
  }
  expect(tensors["t-f2"]!.dtype).toBe("F16");
  expect(tensors.scalar).toEqual({ dtype: "F32", shape: [], data: Float32Array.of(1.5) });
  expect(tensors.empty).toEqual({ dtype: "F64", shape: [0, 4], data: new Float64Array(0) });
  expect(tensors.truth).toEqual({ dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) });
});

it("writes the bytes of the reference implementation", () => {
  const bytes = fixture("writable.safetensors");
  const { tensors, metadata } = readSafetensors(bytes);
  expect(writeSafetensors(tensors, metadata)).toEqual(bytes);
  const reversed = Object.fromEntries(Object.entries(tensors).reverse());
  expect(writeSafetensors(reversed, metadata)).toEqual(bytes);
});

it("reads bfloat16", () => {
  const header = new TextEncoder().encode('{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}');
  const bytes = new Uint8Array(8 + header.length + 4);
  bytes[0] = header.length;
  bytes.set(header, 8);
  bytes.set([0xc0, 0x3f, 0x80, 0xff], 8 + header.length);
  expect(readSafetensors(bytes).tensors.x!.data).toEqual(Float32Array.of(1.5, Number.NEGATIVE_INFINITY));
});

it("survives a round trip of any names", () => {
  const name = fc.string({ unit: "binary" }).filter((x) => x !== "__metadata__" && x.isWellFormed());
  fc.assert(
    fc.property(fc.dictionary(name, fc.float32Array()), (arrays) => {
      const tensors = Object.fromEntries(
        Object.entries(arrays).map(([key, data]) => [key, { shape: [data.length], data }]),
      );
      const back = readSafetensors(writeSafetensors(tensors)).tensors;
      expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
      for (const [key, { data }] of Object.entries(tensors)) expect(back[key]!.data).toEqual(data);
    }),
  );
});

it("refuses what is damaged or hostile", () => {
  const good = fixture("all.safetensors");
  const make = (header: string, data = 0, length = new TextEncoder().encode(header).length) => {
    const bytes = new Uint8Array(8 + new TextEncoder().encode(header).length + data);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    return bytes;
  };
  const x = (offsets: string, shape = "[2]") =>
    `"x":{"dtype":"U8","shape":${shape},"data_offsets":${offsets}}`;
  const refuse = (bytes: Uint8Array, message: RegExp) =>
    expectError(() => readSafetensors(bytes), "INVALID_FILE", message);
  refuse(new Uint8Array(3), /cut short before/);
  refuse(good.subarray(0, 7), /cut short before/);
  refuse(good.subarray(0, 8), /cut short in the header/);
  refuse(good.subarray(0, 100), /cut short in the header/);
  refuse(good.subarray(0, good.length - 1), /cut short in tensor/);
  refuse(make("{}", 0, 2 ** 40), /is said to take/);
  refuse(make("{]"), /not JSON/);
  refuse(make("[]"), /must be a JSON object/);
  refuse(make('{"__metadata__":{"a":1}}'), /must map names to strings/);
  refuse(make('{"x":1}'), /must be described by an object/);
  refuse(make('{"x":{"dtype":"toString"}}'), /element type "toString"/);
  refuse(make(`{${x("[0,2]", "[-2]")}}`, 2), /no valid shape/);
  refuse(make(`{${x("[2,0]")}}`, 2), /no valid data_offsets/);
  refuse(make(`{${x("[0,1]")}}`, 2), /takes 2 bytes, got 1/);
  refuse(make(`{${x("[1,3]")}}`, 3), /gap or an overlap at byte 0/);
  refuse(make(`{${x("[0,2]")},${x("[1,3]").replace("x", "y")}}`, 3), /gap or an overlap at byte 1/);
  refuse(make(`{${x("[0,2]")}}`, 5), /3 bytes follow/);
  expectError(
    () => writeSafetensors({ x: { shape: [2], data: new Float32Array(3) } }),
    "SHAPE_MISMATCH",
    /holds 2 elements, got 3/,
  );
  expectError(
    () => writeSafetensors({ __metadata__: { shape: [], data: new Float32Array(1) } }),
    "INVALID_ARGUMENT",
    /may be named/,
  );
});

it("has names like any other for those that objects are born with", () => {
  const one = { shape: [1], data: Float32Array.of(1) };
  const { tensors, metadata } = readSafetensors(
    writeSafetensors({ ["__proto__"]: one, toString: one }, { ["__proto__"]: "a" }),
  );
  expect(Object.keys(tensors)).toEqual(["__proto__", "toString"]);
  expect(tensors.constructor).toBeUndefined();
  expect(Object.entries(metadata)).toEqual([["__proto__", "a"]]);
});

it("quotes no more of a hostile header than tells which it is", () => {
  const header = JSON.stringify({ ["x".repeat(100_000)]: { dtype: "y".repeat(100_000) } });
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  expectError(() => readSafetensors(bytes), "INVALID_FILE", /^.{150,400}$/);
});
