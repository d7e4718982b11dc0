// Protocol-buffer wire format, writing: a list of chunks with a known total size. Large byte strings
// are kept by reference until `finish`, so that weights are copied exactly once.

import { saturatedInt64 } from "../../model/int64.ts";

const utf8 = new TextEncoder();

export class WireWriter {
  size = 0;
  readonly #chunks: (Uint8Array | WireWriter)[] = [];
  #pending: number[] = [];

  int(field: number, value: number): void {
    this.#tag(field, 0);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#tag(field, 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#push(bytes);
  }

  string(field: number, value: string): void {
    this.byteString(field, utf8.encode(value));
  }

  byteString(field: number, bytes: Uint8Array): void {
    this.#tag(field, 2);
    this.#varint(bytes.length);
    this.#push(bytes);
  }

  /** `content` must be complete. */
  message(field: number, content: WireWriter): void {
    this.#tag(field, 2);
    this.#varint(content.size);
    this.#flush();
    this.#chunks.push(content);
    this.size += content.size;
  }

  packedInts(field: number, values: readonly number[]): void {
    const packed = new WireWriter();
    for (const value of values) packed.#varint(value);
    this.message(field, packed);
  }

  /** A whole field, tag included, as `WireReader.skip` returned it. */
  encodedField(bytes: Uint8Array): void {
    this.#push(bytes);
  }

  finish(): Uint8Array {
    const result = new Uint8Array(this.size);
    this.#copyTo(result, 0);
    return result;
  }

  /** Writes what there is from `position` on; returns the position behind it. */
  #copyTo(result: Uint8Array, start: number): number {
    this.#flush();
    let position = start;
    for (const chunk of this.#chunks) {
      if (chunk instanceof WireWriter) position = chunk.#copyTo(result, position);
      else {
        result.set(chunk, position);
        position += chunk.length;
      }
    }
    return position;
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      let rest = value;
      while (rest > 127) {
        this.#byte((rest % 128) | 128);
        rest = Math.floor(rest / 128);
      }
      this.#byte(rest);
      return;
    }
    let rest = BigInt.asUintN(64, saturatedInt64(value));
    while (rest > 127n) {
      this.#byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  #byte(value: number): void {
    this.#pending.push(value);
    this.size++;
  }

  #push(bytes: Uint8Array): void {
    this.#flush();
    this.#chunks.push(bytes);
    this.size += bytes.length;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.#chunks.push(Uint8Array.from(this.#pending));
    this.#pending = [];
  }
}
