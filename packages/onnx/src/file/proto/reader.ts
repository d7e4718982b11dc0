// Protocol-buffer wire format, reading: a cursor over fields, zero-copy for byte strings.

/** Bytes that are not a valid message; turned into a `VielbeinError` where the file is known. */
export class WireError extends Error {}

const utf8 = new TextDecoder();

export class WireReader {
  /** Number and wire type of the field under the cursor. */
  field = 0;
  wire = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;
  #fieldStart = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves to the next field; false at the end. The caller must consume the field's value. */
  next(): boolean {
    if (this.#position >= this.#bytes.length) return false;
    this.#fieldStart = this.#position;
    const tag = this.#rawVarint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field < 1) throw new WireError(`field number ${this.field} at byte ${this.#fieldStart}`);
    return true;
  }

  /** Signed 64-bit integer; exact up to 2^53. */
  int(): number {
    this.#expect(0);
    return this.#rawVarint();
  }

  float(): number {
    this.#expect(5);
    return this.#view.getFloat32(this.#advance(4), true);
  }

  double(): number {
    this.#expect(1);
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** A view into the message, not a copy. */
  byteString(): Uint8Array {
    this.#expect(2);
    const length = this.#rawVarint();
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  string(): string {
    return utf8.decode(this.byteString());
  }

  message(): WireReader {
    return new WireReader(this.byteString());
  }

  /** Appends a repeated integer field, packed or not. */
  intsInto(target: number[]): void {
    if (this.wire !== 2) {
      target.push(this.int());
      return;
    }
    const packed = this.message();
    while (packed.#position < packed.#bytes.length) target.push(packed.#rawVarint());
  }

  /** The same without rounding beyond 2^53. */
  longsInto(target: bigint[]): void {
    if (this.wire !== 2) {
      this.#expect(0);
      target.push(this.#longVarint());
      return;
    }
    const packed = this.message();
    while (packed.#position < packed.#bytes.length) target.push(packed.#longVarint());
  }

  /** Appends a repeated float field, packed or not. */
  floatsInto(target: number[]): void {
    if (this.wire !== 2) {
      target.push(this.float());
      return;
    }
    const packed = this.message();
    while (packed.#position < packed.#bytes.length)
      target.push(packed.#view.getFloat32(packed.#advance(4), true));
  }

  /** Appends a repeated double field, packed or not. */
  doublesInto(target: number[]): void {
    if (this.wire !== 2) {
      target.push(this.double());
      return;
    }
    const packed = this.message();
    while (packed.#position < packed.#bytes.length)
      target.push(packed.#view.getFloat64(packed.#advance(8), true));
  }

  /** Passes over the field and returns it whole, tag included, so that it can be written back. */
  skip(): Uint8Array {
    if (this.wire === 0) this.#rawVarint();
    else if (this.wire === 1) this.#advance(8);
    else if (this.wire === 2) this.#advance(this.#rawVarint());
    else if (this.wire === 5) this.#advance(4);
    else throw new WireError(`wire type ${this.wire} at byte ${this.#fieldStart}`);
    return this.#bytes.subarray(this.#fieldStart, this.#position);
  }

  #expect(wire: number): void {
    if (this.wire !== wire) {
      throw new WireError(`field ${this.field} has wire type ${this.wire} where ${wire} belongs`);
    }
  }

  #advance(count: number): number {
    const start = this.#position;
    if (count < 0 || start + count > this.#bytes.length) {
      throw new WireError(
        `field ${this.field} needs ${count} bytes at byte ${start} of ${this.#bytes.length}`,
      );
    }
    this.#position = start + count;
    return start;
  }

  #rawVarint(): number {
    const start = this.#position;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#advance(1)];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#position = start;
    return Number(this.#longVarint());
  }

  #longVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#advance(1)];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError(`an integer of more than ten bytes at byte ${this.#position}`);
  }
}
