// A PNG encoder for tests, written from the standard and sharing nothing with the reader: every colour type, depth,
// filter, with and without interlacing.

import { crc32, deflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colourType: number;
  readonly depth: number;
  /** Samples of pixel (x, y), from 0 to 2^depth − 1. */
  readonly sample: (x: number, y: number) => readonly number[];
  readonly isInterlaced?: boolean;
  /** Filter of row `y` of a pass. */
  readonly filter?: (y: number) => number;
  readonly chunks?: readonly (readonly [type: string, data: Uint8Array])[];
}

export function chunkOf(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

export function headerOf({
  width,
  height,
  depth,
  colourType,
  isInterlaced,
}: Omit<Picture, "sample">): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colourType, 0, 0, isInterlaced ? 1 : 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return header;
}

export function fileOf(...chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...chunks]);
}

export function encode(picture: Picture): Buffer {
  const packed = deflateSync(rowsOf(picture));
  const half = packed.length >> 1;
  return fileOf(
    chunkOf("IHDR", headerOf(picture)),
    ...(picture.chunks ?? []).map(([type, data]) => chunkOf(type, data)),
    // The pixels may be cut anywhere.
    chunkOf("IDAT", packed.subarray(0, half)),
    chunkOf("IDAT", packed.subarray(half)),
    chunkOf("IEND", new Uint8Array(0)),
  );
}

/** The pattern of the standard: which of the seven passes has the pixel at (x mod 8, y mod 8). */
const PASS = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];

function rowsOf({ width, height, depth, sample, isInterlaced, filter = () => 0 }: Picture): Buffer {
  const rows: number[] = [];
  for (const pass of isInterlaced ? "1234567" : " ") {
    const belongs = (x: number, y: number) => !isInterlaced || PASS[y % 8]![x % 8] === pass;
    let above: number[] | undefined;
    let index = 0;
    for (let y = 0; y < height; y++) {
      const samples: number[] = [];
      for (let x = 0; x < width; x++) if (belongs(x, y)) samples.push(...sample(x, y));
      if (samples.length === 0) continue;
      const bits = samples.map((value) => value.toString(2).padStart(depth, "0")).join("");
      const row = bits.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
      const channels = sample(0, 0).length;
      const kind = filter(index++);
      rows.push(
        kind,
        ...filtered(row, above ?? row.map(() => 0), Math.max(1, (channels * depth) >> 3), kind),
      );
      above = row;
    }
  }
  return Buffer.from(rows);
}

function filtered(row: readonly number[], above: readonly number[], bytes: number, kind: number): number[] {
  return row.map((value, i) => {
    const a = row[i - bytes] ?? 0;
    const b = above[i]!;
    const c = above[i - bytes] ?? 0;
    const p = a + b - c;
    const nearest = [a, b, c].toSorted((u, v) => Math.abs(p - u) - Math.abs(p - v))[0]!;
    return (value - [0, a, b, Math.floor((a + b) / 2), nearest][kind]!) & 255;
  });
}
