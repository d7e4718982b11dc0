// Archives of arrays: what other programs write, and what was damaged or made to harm.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNpz, readNpz, writeNpy, writeNpz } from "../src/files/numpy.ts";
import { expectError, fixture } from "./helpers.ts";
import { type Member, zipOf } from "./zip.ts";

const values = Float64Array.from({ length: 300 }, (_, i) => Math.sqrt(i));
const array = { shape: [3, 100], dtype: "f8", data: values };
const npy = writeNpy(array);

describe("readNpz", () => {
  it.each<[string, Omit<Member, "name" | "data">, object]>([
    ["stored", {}, {}],
    ["deflated", { deflated: true }, {}],
    ["sizes behind the data", { deflated: true, descriptor: true }, {}],
    ["zip64", { deflated: true, zip64: true }, { zip64: true }],
    ["a comment", {}, { comment: "PK\x05\x06 is how archives end" }],
  ])("reads archives with %s", (_, kind, options) => {
    const bytes = zipOf(
      [
        { name: "a.npy", data: npy, ...kind },
        { name: "b.npy", data: npy, ...kind },
      ],
      options,
    );
    expect(readNpz(bytes)).toEqual({ a: array, b: array });
  });

  it.each([false, true])("notices any flipped bit of an array, compressed: %s", (compress) => {
    const bytes = writeNpz({ a: array, b: array }, { compress });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const flipped = bytes.slice();
        flipped[at]! ^= 1 << bit;
        let read: ReturnType<typeof readNpz>;
        try {
          read = readNpz(flipped);
        } catch (error) {
          expect(error).toMatchObject({ name: "LinalgError", code: "INVALID_FILE" });
          return;
        }
        // Names, dates and such are not under a checksum; the numbers are.
        for (const found of Object.values(read)) expect(found).toEqual(array);
      }),
      { numRuns: 200 },
    );
  });

  it("is dated at the first day that zip can express, so that equal arrays give equal bytes", () => {
    const bytes = writeNpz({ a: { shape: [2], data: Float64Array.of(1, 2) } });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    // Hours, minutes and seconds; years since 1980, month and day.
    expect([view.getUint16(10, true), view.getUint16(12, true)]).toEqual([0, (0 << 9) | (1 << 5) | 1]);
  });

  it("names the array whose checksum is wrong", () => {
    const bytes = writeNpz({ good: array, bad: array });
    const at = Buffer.from(bytes).lastIndexOf(Buffer.from(values.slice(200).buffer));
    bytes[at + 6]! ^= 1;
    expectError(() => readNpz(bytes), "INVALID_FILE", /"bad\.npy": the checksum \(CRC-32\) is [0-9a-f]{8}/);
    expect(openNpz(bytes).read("good")).toEqual(array);
  });

  it("reads what can be read, and refuses the rest by name when it is asked for", () => {
    const object = fixture("npy/object.npy");
    const read = readNpz(
      zipOf([
        { name: "pickled.npy", data: object, deflated: true },
        { name: "a.npy", data: npy },
        { name: "notes.txt", data: Buffer.from("read me") },
        { name: "secret.npy", data: npy, flags: 1 },
        { name: "lzma.npy", data: npy, method: 14 },
      ]),
    );
    expect(Object.keys(read)).toEqual(["a"]);
    expect(read.a).toEqual(array);
    expectError(() => read.pickled, "INVALID_FILE", /"pickled\.npy".*Python objects/);
    expectError(() => read["notes.txt"], "INVALID_FILE", /"notes\.txt": it is no \.npy file/);
    expectError(() => read.secret, "INVALID_FILE", /"secret\.npy": it is encrypted/);
    expectError(() => read.lzma, "INVALID_FILE", /"lzma\.npy": it is packed by method 14/);
  });

  it("refuses two arrays of one name", () => {
    const twice = [
      { name: "a.npy", data: npy },
      { name: "a.npy", data: npy },
    ];
    expectError(() => readNpz(zipOf(twice)), "INVALID_FILE", /two members are named "a\.npy"/);
    const alike = [
      { name: "a.npy", data: npy },
      { name: "a", data: npy },
    ];
    expectError(() => readNpz(zipOf(alike)), "INVALID_FILE", /two arrays are named "a"/);
  });

  it("refuses sizes that the data cannot have, before it takes the memory", () => {
    const before = process.cpuUsage();
    const refused = (member: Member, message: RegExp) =>
      expectError(() => readNpz(zipOf([member])), "INVALID_FILE", message);
    refused(
      { name: "a.npy", data: npy, deflated: true, size: 2 ** 32 - 2 },
      /ends at byte 2528, and the archive/,
    );
    // A header that claims 2⁴⁰ numbers, in agreement with the directory.
    const claim = Buffer.from(npy);
    claim.write("(3, 536870000), ", claim.indexOf("(3, 100), }"));
    const size = 128 + 8 * 3 * 178_956_000;
    refused({ name: "a.npy", data: claim, deflated: true, size: Math.min(size, 2 ** 32 - 2) }, /a\.npy/);
    // Megabytes of zeros where an array of 300 numbers is announced.
    const bomb = Buffer.concat([npy, Buffer.alloc(2 ** 25)]);
    refused({ name: "a.npy", data: bomb, deflated: true, size: npy.length }, /holds more than 2528 bytes/);
    refused({ name: "a.npy", data: bomb, deflated: true }, /and the archive announces/);
    // Of the processor: a busy machine takes longer.
    expect(process.cpuUsage(before).user).toBeLessThan(5e6);
  });

  it("refuses members that share their bytes", () => {
    const bytes = Buffer.from(
      zipOf([
        { name: "a.npy", data: npy },
        { name: "b.npy", data: npy },
      ]),
    );
    // The second member of the directory begins where the first does, the first is as long as both.
    const second = bytes.lastIndexOf("PK\x01\x02");
    const first = bytes.indexOf("PK\x01\x02");
    for (const at of [first, second]) {
      bytes.writeUInt32LE(0, at + 42);
      bytes.writeUInt32LE(2 * npy.length, at + 20);
      bytes.writeUInt32LE(2 * npy.length, at + 24);
    }
    expectError(() => readNpz(bytes), "INVALID_FILE", /members overlap/);
  });

  it("fails only with its own error on mutated archives", () => {
    const bytes = zipOf([{ name: "a.npy", data: npy, deflated: true, zip64: true }], { zip64: true });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const mutated = Uint8Array.from(bytes);
        mutated[at] = value;
        try {
          readNpz(mutated);
        } catch (error) {
          expect(error).toMatchObject({ name: "LinalgError", code: "INVALID_FILE" });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("openNpz", () => {
  it("tells shapes and types without unpacking", () => {
    const archive = openNpz(
      writeNpz({ a: array, n: { shape: [], data: new Int16Array([7]) } }, { compress: true }),
    );
    expect(archive.names).toEqual(["a", "n"]);
    expect(archive.header("a")).toMatchObject({ shape: [3, 100], dtype: "f8" });
    expect(archive.read("n")).toEqual({ shape: [], dtype: "i2", data: new Int16Array([7]) });
    expectError(() => archive.read("b"), "INVALID_FILE", /no array "b"; there are a, n/);
  });

  it("has names like any other for those that objects are born with", () => {
    const one = { shape: [1], data: new Float64Array([1]) };
    const bytes = writeNpz({ ["__proto__"]: one, constructor: one });
    expect(Object.keys(readNpz(bytes))).toEqual(["__proto__", "constructor"]);
    expect(readNpz(bytes).toString).toBeUndefined();
    expect(openNpz(bytes).read("__proto__").data).toEqual(one.data);
    expectError(() => openNpz(bytes).read("toString"), "INVALID_FILE", /no array "toString"/);
  });
});
