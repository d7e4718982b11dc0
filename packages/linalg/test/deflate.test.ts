// Checksums and unpacking, beside zlib's.

import { deflateRawSync, deflateSync, crc32 as zlibCrc32 } from "node:zlib";
import { describe, expect, it, test } from "vitest";
import { adler32, crc32, inflateExactly } from "../src/files/deflate.ts";
import { expectError } from "./helpers.ts";

const bytes = (length: number, at: (i: number) => number) => Uint8Array.from({ length }, (_, i) => at(i));
const inputs: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["one byte", Uint8Array.of(255)],
  // Sums are reduced every 5552 bytes; all 255 they are as large as they can be.
  ...[5551, 5552, 5553, 11_104, 40_000].map((length): [string, Uint8Array] => [
    `${length} bytes of 255`,
    new Uint8Array(length).fill(255),
  ]),
  ["a mixture", bytes(10_000, (i) => (i * i * 31 + i) & 255)],
];

describe("checksums", () => {
  test.each(inputs)("of %s", (_, input) => {
    expect(crc32(input)).toBe(zlibCrc32(input));
    const stream = deflateSync(input);
    expect(adler32(input)).toBe(stream.readUInt32BE(stream.length - 4));
  });
});

describe("inflateExactly", () => {
  test.each(inputs)("unpacks %s", (_, input) => {
    expect(inflateExactly(deflateRawSync(input), input.length)).toEqual(input);
  });

  it("takes a stream as long as it is said to be, and no other", () => {
    const packed = deflateRawSync(bytes(50_000, (i) => i & 15));
    expectError(() => inflateExactly(packed, 49_999), "INVALID_FILE", /holds more than 49999 bytes/);
    expectError(
      () => inflateExactly(packed, 50_001),
      "INVALID_FILE",
      /holds 50000 bytes where 50001 are due/,
    );
    expectError(() => inflateExactly(packed.subarray(0, -3), 50_000), "INVALID_FILE", /cannot be unpacked/);
  });

  it("refuses a size that no stream of its length can have", () => {
    expectError(
      () => inflateExactly(new Uint8Array(10), 10_321),
      "INVALID_FILE",
      /10 bytes cannot hold 10321/,
    );
    expectError(
      () => inflateExactly(new Uint8Array(10), 10_320),
      "INVALID_FILE",
      /cannot be unpacked: (?!10 bytes)/,
    );
  });
});
