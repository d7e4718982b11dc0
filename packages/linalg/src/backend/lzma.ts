// Decoder of LZMA streams with a 13-byte header ("lzma alone"), after the LZMA specification of Igor Pavlov (LZMA SDK,
// public domain). The kernel is a fifth smaller in it than in gzip, and no engine decodes anything better
// synchronously.

/** Bits that direct the model: literal context, literal position, position; those of the header's first byte. */
interface Properties {
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
}

const HEADER_BYTES = 13;
const EVEN = 1024;
const STATES = 12;

/** The bytes of a stream that this package made itself: there are no checks of its integrity. */
export function decodeLzma(stream: Uint8Array): Uint8Array<ArrayBuffer> {
  const first = stream[0];
  const properties = { lc: first % 9, lp: Math.floor(first / 9) % 5, pb: Math.floor(first / 45) };
  const length = new DataView(stream.buffer, stream.byteOffset).getUint32(5, true);
  return new Decoder(stream, properties).decode(length);
}

/** The adaptive models of one kind of match length. */
class Lengths {
  readonly choice: Uint16Array = model(2);
  readonly low: Uint16Array = model(16 * 8);
  readonly mid: Uint16Array = model(16 * 8);
  readonly high: Uint16Array = model(256);
}

/** The adaptive models of a stream. */
class Models {
  readonly literals: Uint16Array;
  readonly isMatch: Uint16Array = model(STATES * 16);
  readonly isRep: Uint16Array = model(STATES);
  readonly isRep0: Uint16Array = model(STATES);
  readonly isRep1: Uint16Array = model(STATES);
  readonly isRep2: Uint16Array = model(STATES);
  readonly isRep0Long: Uint16Array = model(STATES * 16);
  readonly slots: Uint16Array = model(4 * 64);
  readonly special: Uint16Array = model(128);
  readonly align: Uint16Array = model(16);
  readonly matchLengths: Lengths = new Lengths();
  readonly repLengths: Lengths = new Lengths();

  constructor(literalBits: number) {
    this.literals = model(0x300 << literalBits);
  }
}

class Decoder {
  readonly #stream: Uint8Array;
  readonly #properties: Properties;
  #at: number = HEADER_BYTES + 5;
  #range = 0xffffffff;
  #code = 0;

  constructor(stream: Uint8Array, properties: Properties) {
    this.#stream = stream;
    this.#properties = properties;
    // The first byte of the coded data is always 0.
    for (let i = 1; i < 5; i++) this.#code = ((this.#code << 8) | stream[HEADER_BYTES + i]) >>> 0;
  }

  decode(length: number): Uint8Array<ArrayBuffer> {
    const { lc, lp, pb } = this.#properties;
    const out = new Uint8Array(length);
    const models = new Models(lc + lp);
    const { literals, isMatch, isRep, isRep0, isRep1, isRep2, isRep0Long } = models;
    let state = 0;
    let rep0 = 0;
    let rep1 = 0;
    let rep2 = 0;
    let rep3 = 0;
    for (let at = 0; at < length; ) {
      const position = at & ((1 << pb) - 1);
      if (this.#bit(isMatch, state * 16 + position) === 0) {
        const previous = at > 0 ? out[at - 1] : 0;
        const context = ((at & ((1 << lp) - 1)) << lc) + (previous >> (8 - lc));
        const matched = state < 7 ? undefined : out[at - rep0 - 1];
        out[at++] = this.#literal(literals, 0x300 * context, matched);
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let count: number;
      if (this.#bit(isRep, state) === 0) {
        rep3 = rep2;
        rep2 = rep1;
        rep1 = rep0;
        count = this.#length(models.matchLengths, position);
        state = state < 7 ? 7 : 10;
        rep0 = this.#distance(models, count);
      } else {
        if (this.#bit(isRep0, state) === 0) {
          if (this.#bit(isRep0Long, state * 16 + position) === 0) {
            state = state < 7 ? 9 : 11;
            out[at] = out[at - rep0 - 1];
            at++;
            continue;
          }
        } else {
          let distance: number;
          if (this.#bit(isRep1, state) === 0) distance = rep1;
          else {
            if (this.#bit(isRep2, state) === 0) distance = rep2;
            else {
              distance = rep3;
              rep3 = rep2;
            }
            rep2 = rep1;
          }
          rep1 = rep0;
          rep0 = distance;
        }
        count = this.#length(models.repLengths, position);
        state = state < 7 ? 8 : 11;
      }
      for (const end = at + count + 2; at < end; at++) out[at] = out[at - rep0 - 1];
    }
    return out;
  }

  /** One bit, by the model at `index`, which learns from it. */
  #bit(probabilities: Uint16Array, index: number): number {
    const p = probabilities[index];
    const bound = (this.#range >>> 11) * p;
    if (this.#code < bound) {
      this.#range = bound;
      probabilities[index] = p + ((2048 - p) >> 5);
      this.#normalize();
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    probabilities[index] = p - (p >> 5);
    this.#normalize();
    return 1;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#stream[this.#at++]) >>> 0;
  }

  /** `count` equally likely bits, the highest first. */
  #direct(count: number): number {
    let result = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const one = this.#code >= this.#range ? 1 : 0;
      if (one) this.#code -= this.#range;
      result = result * 2 + one;
      this.#normalize();
    }
    return result;
  }

  /** `bits` bits by a tree of models, the highest first. */
  #tree(probabilities: Uint16Array, offset: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = 2 * node + this.#bit(probabilities, offset + node);
    return node - (1 << bits);
  }

  /** The same, the lowest first. */
  #reverseTree(probabilities: Uint16Array, offset: number, bits: number): number {
    let node = 1;
    let result = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(probabilities, offset + node);
      node = 2 * node + bit;
      result |= bit << i;
    }
    return result;
  }

  #literal(probabilities: Uint16Array, offset: number, matched: number | undefined): number {
    let node = 1;
    if (matched !== undefined) {
      let expected = matched;
      while (node < 0x100) {
        const guess = (expected >> 7) & 1;
        expected <<= 1;
        const bit = this.#bit(probabilities, offset + ((1 + guess) << 8) + node);
        node = 2 * node + bit;
        if (guess !== bit) break;
      }
    }
    while (node < 0x100) node = 2 * node + this.#bit(probabilities, offset + node);
    return node - 0x100;
  }

  #length(lengths: Lengths, position: number): number {
    if (this.#bit(lengths.choice, 0) === 0) return this.#tree(lengths.low, 8 * position, 3);
    if (this.#bit(lengths.choice, 1) === 0) return 8 + this.#tree(lengths.mid, 8 * position, 3);
    return 16 + this.#tree(lengths.high, 0, 8);
  }

  #distance({ slots, special, align }: Models, length: number): number {
    const slot = this.#tree(slots, 64 * Math.min(length, 3), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const start = (2 | (slot & 1)) << bits;
    if (slot < 14) return start + this.#reverseTree(special, start - slot, bits);
    return start + this.#direct(bits - 4) * 16 + this.#reverseTree(align, 0, 4);
  }
}

/** `size` models of a bit, undecided. */
function model(size: number): Uint16Array {
  return new Uint16Array(size).fill(EVEN);
}
