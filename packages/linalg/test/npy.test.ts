// Files written by NumPy itself: we read them, and our own bytes equal theirs.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from "../src/files/numpy.ts";
import { expectError, fixture } from "./helpers.ts";

const shape = [2, 3, 4];
const halves = Float64Array.from({ length: 24 }, (_, i) => i * 0.5 - 3);
/** The bytes of a file with any header. */
function npyOf(
  descr: string,
  shape: readonly number[] | string,
  data: Uint8Array,
  { version = 1, fortran = false } = {},
): Uint8Array {
  const type = descr.startsWith("[") ? descr : `'${descr}'`;
  const sides = typeof shape === "string" ? shape : `(${shape.map((side) => `${side},`).join("")})`;
  const header = Buffer.from(
    `{'descr': ${type}, 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${sides}, }\n`,
  );
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(header.length, 0, length.length);
  return Buffer.concat([Buffer.from(`\x93NUMPY`, "latin1"), Buffer.of(version, 0), length, header, data]);
}

const whole = Int32Array.from({ length: 24 }, (_, i) => i);
const expected = {
  f2: Float32Array.from(halves),
  f4: Float32Array.from(halves),
  f8: halves,
  i4: whole,
  i8: BigInt64Array.from(whole, BigInt),
  u1: Uint8Array.from(whole),
};

describe("readNpy", () => {
  it.each(Object.entries(expected))("reads %s", (dtype, data) => {
    expect(readNpy(fixture(`npy/${dtype}.npy`))).toEqual({ shape, dtype, data });
  });

  it.each(["f2", "f4", "f8", "i4", "i8"] as const)("reads big-endian %s", (dtype) => {
    expect(readNpy(fixture(`npy/big-${dtype}.npy`))).toEqual({ shape, dtype, data: expected[dtype] });
  });

  it("reorders Fortran order", () => {
    expect(readNpy(fixture("npy/fortran.npy"))).toEqual({ shape, dtype: "f8", data: halves });
  });

  it("reads numbers, vectors, empty arrays and format version 2", () => {
    expect(readNpy(fixture("npy/scalar.npy"))).toEqual({
      shape: [],
      dtype: "f8",
      data: new Float64Array([1.5]),
    });
    expect(readNpy(fixture("npy/vector.npy"))).toEqual({
      shape: [3],
      dtype: "f4",
      data: new Float32Array([1, 2, 3]),
    });
    expect(readNpy(fixture("npy/empty.npy"))).toEqual({
      shape: [0, 4],
      dtype: "f8",
      data: new Float64Array(0),
    });
    expect(readNpy(fixture("npy/version2.npy"))).toEqual({ shape, dtype: "f8", data: halves });
  });

  it("widens every kind of half-precision number", () => {
    const { data } = readNpy(fixture("npy/special-f2.npy"));
    const third = -1365 / 4096;
    expect(Array.from(data)).toEqual([
      0,
      -0,
      Infinity,
      -Infinity,
      Number.NaN,
      2 ** -24,
      2 ** -14,
      65504,
      third,
    ]);
  });

  it("reads from the middle of a larger buffer", () => {
    const bytes = fixture("npy/f8.npy");
    const buffer = new Uint8Array(bytes.length + 3);
    buffer.set(bytes, 3);
    expect(readNpy(buffer.subarray(3)).data).toEqual(halves);
  });

  it("refuses object arrays (pickles), records and other types", () => {
    expectError(
      () => readNpy(fixture("npy/object.npy")),
      "INVALID_FILE",
      /type \|O is not supported.*pickle/,
    );
    expectError(
      () => readNpy(fixture("npy/record.npy")),
      "INVALID_FILE",
      /type \[\('x', '<f4'\).*structured/,
    );
    for (const [descr, kind] of [
      ["<c8", /complex/],
      ["<f16", /another precision/],
      ["<U5", /text/],
      ["|S3", /text/],
      ["<M8[ns]", /dates/],
      ["<m8[s]", /time spans/],
      ["|V8", /raw bytes/],
    ] as const) {
      expectError(() => readNpy(npyOf(descr, [2], new Uint8Array(64))), "INVALID_FILE", kind);
    }
  });

  it.each([">", "<"])("reads bool and integers of every size, %s", (order) => {
    expect(readNpy(fixture("npy/bool.npy"))).toMatchObject({ dtype: "b1", data: expect.any(Uint8Array) });
    expect(readNpy(npyOf("|b1", [4], Uint8Array.of(0, 1, 1, 0))).data).toEqual(Uint8Array.of(0, 1, 1, 0));
    for (const [kind, bytes] of [..."ui"].flatMap((k) => [1, 2, 4, 8].map((n) => [k, n] as const))) {
      // The least, the greatest and a number whose bytes differ.
      const low = kind === "i" ? -(2n ** BigInt(8 * bytes - 1)) : 0n;
      const numbers = [
        low,
        low + 2n ** BigInt(8 * bytes) - 1n,
        0x0102030405060708n >> BigInt(64 - 8 * bytes),
      ];
      const raw = Buffer.alloc(3 * bytes);
      numbers.forEach((value, i) => {
        for (let b = 0; b < bytes; b++) {
          const place = order === "<" ? b : bytes - 1 - b;
          raw[i * bytes + place] = Number((value >> BigInt(8 * b)) & 0xffn);
        }
      });
      const { data, dtype } = readNpy(npyOf(`${order}${kind}${bytes}`, [3], raw));
      expect(dtype).toBe(`${kind}${bytes}`);
      expect(Array.from(data as ArrayLike<number | bigint>, BigInt)).toEqual(numbers);
      if (order === "<") expect(readNpy(writeNpy({ shape: [3], data }))).toEqual({ shape: [3], dtype, data });
    }
  });

  it("reads format versions 1 to 3 and the long integers of Python 2", () => {
    const raw = new Uint8Array(Float64Array.of(1, 2).buffer);
    for (const version of [1, 2, 3]) {
      expect(readNpy(npyOf("<f8", "(2L,)", raw, { version })).data).toEqual(Float64Array.of(1, 2));
    }
    expectError(
      () => readNpy(npyOf("<f8", "(2LL,)", raw)),
      "INVALID_FILE",
      /axis cannot have the length 2LL/,
    );
    expectError(() => readNpy(npyOf("<f8", `(0, ${"9".repeat(30)})`, raw)), "INVALID_FILE", /axis cannot/);
  });

  it("takes no longer for many axes or a long header", () => {
    const before = process.cpuUsage();
    const axes = `(${"1,".repeat(200_000)})`;
    expectError(
      () => readNpy(npyOf("<f8", axes, new Uint8Array(8), { version: 2 })),
      "INVALID_FILE",
      /header takes/,
    );
    const many = npyOf("<f4", `(50000,${"1,".repeat(4000)})`, new Uint8Array(200_000), {
      version: 2,
      fortran: true,
    });
    expect(readNpy(many).shape).toHaveLength(4001);
    const nested = npyOf(`[${"('descr': [".repeat(800)}`, [1], new Uint8Array(8));
    expectError(() => readNpy(nested), "INVALID_FILE", /.{0,400}$/);
    // Of the processor: a busy machine takes longer.
    expect(process.cpuUsage(before).user).toBeLessThan(5e6);
  });

  it("refuses every truncation, and bytes that are not .npy", () => {
    const bytes = fixture("npy/f8.npy");
    for (let length = 0; length < bytes.length; length++) {
      expectError(() => readNpy(bytes.subarray(0, length)), "INVALID_FILE", /magic|cut short|version/);
    }
    expectError(() => readNpy(fixture("stored.npz")), "INVALID_FILE", /magic string/);
    const header = new TextDecoder("latin1").decode(bytes.subarray(0, 128));
    for (const sides of [`(0, ${"9".repeat(12)})`, "(9999999999,)"]) {
      const text = header.replace("(2, 3, 4), }".padEnd(sides.length + 3), `${sides}, }`);
      expect(text).toHaveLength(128);
      const absurd = Uint8Array.from(text, (character) => character.charCodeAt(0));
      if (sides.startsWith("(0")) expect(readNpy(absurd).data).toHaveLength(0);
      else expectError(() => readNpy(absurd), "INVALID_FILE", /takes 79999999992 bytes, got 0/);
    }
    const future = bytes.slice();
    future[6] = 9;
    expectError(() => readNpy(future), "INVALID_FILE", /version 9/);
    const garbled = bytes.slice().fill(0x20, 10, 128);
    expectError(() => readNpy(garbled), "INVALID_FILE", /must have descr/);
  });

  it("fails only with its own error on mutated files", () => {
    const bytes = fixture("npy/f4.npy");
    fc.assert(
      fc.property(fc.nat(127), fc.nat(255), (at, value) => {
        const mutated = bytes.slice();
        mutated[at] = value;
        try {
          readNpy(mutated);
        } catch (error) {
          expect(error).toMatchObject({ name: "LinalgError", code: "INVALID_FILE" });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("writeNpy", () => {
  it.each(["f4", "f8", "i4", "i8", "u1"] as const)("writes the bytes of numpy.save: %s", (dtype) => {
    expect(writeNpy({ shape, data: expected[dtype] })).toEqual(fixture(`npy/${dtype}.npy`));
  });

  it.each(["scalar", "vector", "empty"])("writes the bytes of numpy.save: %s", (name) => {
    expect(writeNpy(readNpy(fixture(`npy/${name}.npy`)))).toEqual(fixture(`npy/${name}.npy`));
  });

  it("round-trips, whatever the length of the header", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 40 }), (sides) => {
        const length = sides.reduce((product, side) => product * side, 1);
        fc.pre(length <= 5000);
        const data = Float64Array.from({ length }, (_, i) => Math.sqrt(i));
        const bytes = writeNpy({ shape: sides, data });
        expect((bytes.length - data.byteLength) % 64).toBe(0);
        expect(readNpy(bytes)).toEqual({ shape: sides, dtype: "f8", data });
      }),
    );
  });

  it("writes a view of a larger array", () => {
    const data = new Float64Array([9, 1, 2, 9]).subarray(1, 3);
    expect(readNpy(writeNpy({ shape: [2], data })).data).toEqual(new Float64Array([1, 2]));
  });

  it("checks shape and type", () => {
    expectError(() => writeNpy({ shape: [2, 2], data: halves }), "SHAPE_MISMATCH", /4 elements, got 24/);
    expectError(() => writeNpy({ shape: [-1], data: halves }), "INVALID_ARGUMENT", /got -1/);
    const unsupported = { shape: [1], data: [1] } as unknown as NpyArray;
    expectError(() => writeNpy(unsupported), "INVALID_ARGUMENT", /data must be/);
  });
});

describe("npz", () => {
  const arrays = {
    halves: { shape, dtype: "f8", data: halves },
    whole: { shape, dtype: "i8", data: expected.i8 },
  };

  it.each(["stored.npz", "deflated.npz"])("reads numpy's %s", (name) => {
    expect(readNpz(fixture(name))).toEqual(arrays);
  });

  it.each([false, true])("round-trips with compress %s, and repeats its bytes", (compress) => {
    const bytes = writeNpz(arrays, { compress });
    expect(readNpz(bytes)).toEqual(arrays);
    expect(writeNpz(arrays, { compress })).toEqual(bytes);
    expect(readNpz(writeNpz({}))).toEqual({});
  });

  it("keeps hostile names as plain names", () => {
    const one = { shape: [1], data: new Float64Array([1]) };
    const read = readNpz(writeNpz({ ["__proto__"]: one, "../up": one }));
    expect(Object.keys(read)).toEqual(["__proto__", "../up"]);
    expect(Object.getPrototypeOf(read)).toBeNull();
  });

  it("refuses truncated archives and entries that are no arrays", () => {
    const bytes = fixture("deflated.npz");
    for (const length of [0, 10, 100, bytes.length - 30, bytes.length - 1]) {
      expectError(
        () => readNpz(bytes.subarray(0, length)),
        "INVALID_FILE",
        /not a zip archive, or cut short/,
      );
    }
    expectError(() => readNpz(fixture("npy/f8.npy")), "INVALID_FILE", /not a zip archive/);
  });
});
