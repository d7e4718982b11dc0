// Reads the bytes of a pickle from the first to the last, and never beyond.

import { badCheckpoint } from "../errors.ts";

const LINE_END = 10;
/** Characters that are made at a time. */
const PIECE = 4096;

export class Cursor {
  readonly bytes: Uint8Array;
  position: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next bytes, as a view. */
  take(count: number): Uint8Array {
    const start = this.position;
    if (!(count >= 0 && start + count <= this.bytes.length)) {
      throw badCheckpoint(`it is cut short: ${count} bytes are due at byte ${start} of ${this.bytes.length}`);
    }
    this.position += count;
    return this.bytes.subarray(start, start + count);
  }

  #advance(count: number): number {
    this.take(count);
    return this.position - count;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Beyond 2⁵³ it is rounded, and no file is as long. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** Big-endian, alone among the numbers. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  utf8(count: number): string {
    // Surrogates, which Python lets pass, become replacement characters.
    return new TextDecoder().decode(new Uint8Array(this.take(count)));
  }

  /** A character for each byte. */
  latin1(count: number): string {
    const bytes = this.take(count);
    let text = "";
    for (let from = 0; from < count; from += PIECE) {
      text += String.fromCharCode(...bytes.subarray(from, from + PIECE));
    }
    return text;
  }

  /** Up to the end of the line, which is passed over; a character for each byte. */
  line(): string {
    const start = this.position;
    const end = this.bytes.indexOf(LINE_END, start);
    if (end < 0) throw badCheckpoint(`no line ends after byte ${start}`);
    const text = this.latin1(end - start);
    this.position = end + 1;
    return text;
  }
}
