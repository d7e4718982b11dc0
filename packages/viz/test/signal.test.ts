// Signals as pictures, and as WAV files.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layoutWith } from "../src/images/image-layout.ts";
import { toRgba } from "../src/images/tensor-pixels.ts";
import { decodeWav, isWav } from "../src/signals/decode-wav.ts";
import {
  curveColour,
  curvesOf,
  fromCurves,
  SIGNAL_SIZE,
  signalPicture,
} from "../src/signals/signal-picture.ts";
import { encodeWav, LARGEST_SAMPLE_RATE, statedSampleRate } from "../src/signals/wav.ts";

const { width, height } = SIGNAL_SIZE;
/** Coverage of the pixels of a column by ink, in pixels; the line at 0 left out by a range without it. */
function inkOf(data: Uint8ClampedArray, column: number, channel = 0): { ink: number; middle: number } {
  const shares = Array.from(
    { length: height },
    (_, row) => 1 - data[4 * (row * width + column) + channel]! / 255,
  );
  const ink = shares.reduce((sum, share) => sum + share, 0);
  return { ink, middle: shares.reduce((sum, share, row) => sum + share * (row + 0.5), 0) / ink };
}

describe("curves", () => {
  test("channels first and channels last are parted alike", () => {
    const rows = [Float32Array.of(0, 2, 4), Float32Array.of(1, 3, 5)];
    expect(curvesOf(Float32Array.of(0, 1, 2, 3, 4, 5), layoutWith("signal", [3, 2]))).toEqual(rows);
    expect(curvesOf(Float32Array.of(0, 2, 4, 1, 3, 5), layoutWith("signal", [2, 3]))).toEqual(rows);
    for (const extents of [
      [3, 2],
      [2, 3],
    ]) {
      const layout = layoutWith("signal", extents);
      const values = Float32Array.of(5, 4, 3, 2, 1, 0);
      expect(fromCurves(curvesOf(values, layout), layout)).toEqual(values);
    }
    expect(() => curvesOf(Float32Array.of(0, Number.NaN), layoutWith("signal", [2]))).toThrow(
      /NaN at index 1/,
    );
  });

  test("a constant is a line of two pixels where the range says", () => {
    for (const share of [0, 0.25, 0.5, 1]) {
      const { data } = signalPicture([new Float32Array(5).fill(1 + share)], [1, 2]);
      for (const column of [0, 200, width - 1]) {
        // Red is absent from the first colour: its ink is whole.
        expect(inkOf(data, column).ink).toBeCloseTo(2, 1);
        expect(inkOf(data, column).middle).toBeCloseTo(2 + (1 - share) * (height - 4), 1);
      }
    }
  });

  test("a ramp goes from the lower left to the upper right", () => {
    const { data } = signalPicture([Float32Array.of(1, 2)], [1, 2]);
    for (const column of [0, 99, 300, width - 1]) {
      const share = (column + 0.5) / width;
      expect(inkOf(data, column).middle).toBeCloseTo(2 + (1 - share) * (height - 4), 0);
    }
  });

  test("of many samples the envelope is drawn, a single spike too", () => {
    const samples = new Float32Array(100_000).fill(1.5);
    samples[50_001] = 2;
    const { data } = signalPicture([samples], [1, 2]);
    expect(inkOf(data, 200).ink).toBeCloseTo(2 + (height - 4) / 2, 1);
    expect(inkOf(data, 100).ink).toBeCloseTo(2, 1);
  });

  test("what is outside the range is cut off, and the line at 0 lies beneath", () => {
    const { data } = signalPicture([Float32Array.of(5, 5)], [-1, 1]);
    const inked = inkOf(data, 100);
    expect(inked.middle).toBeCloseTo(height / 2, 1);
    // d5dae0 on white, one pixel.
    expect(inked.ink).toBeCloseTo(1 - 0xd5 / 255, 2);
  });

  test("the first of several is on top, each in its colour", () => {
    const same = Float32Array.of(1.5, 1.5);
    const { data } = signalPicture([same, same], [1, 2]);
    const at = 4 * ((height / 2) * width + 5);
    const [red, green, blue] = data.subarray(at, at + 3);
    expect([curveColour(0), curveColour(1)]).toEqual(["#0072b2", "#d55e00"]);
    expect([red, green, blue]).toEqual([0, 0x72, 0xb2]);
  });

  test("dense curves lie one below the other, each in the same range", () => {
    const [one, other] = [1.25, 1.75].map((value) => new Float32Array(1000).fill(value));
    const { data } = signalPicture([one!, other!], [1, 2]);
    const half = height / 2;
    const rows = [2 + 0.75 * (half - 4), half + 2 + 0.25 * (half - 4)];
    const inked = Array.from({ length: height }, (_, row) => row).filter(
      (row) => data[4 * (row * width + 7) + 2]! < 250,
    );
    expect(inked.filter((row) => row < half).every((row) => Math.abs(row + 0.5 - rows[0]!) < 2)).toBe(true);
    expect(inked.filter((row) => row >= half).every((row) => Math.abs(row + 0.5 - rows[1]!) < 2)).toBe(true);
    expect([inked.some((row) => row < half), inked.some((row) => row >= half)]).toEqual([true, true]);
    // What leaves its range does not reach into the other's.
    const outside = signalPicture([new Float32Array(1000).fill(-9), other!], [1, 2]);
    expect(outside.data.subarray(0, 4 * width * half).every((level) => level === 255)).toBe(true);
  });

  test("curves share the picture as long as each sample has a column, and not beyond", () => {
    const parts = (length: number) => {
      const [low, high] = [1, 2].map((value) => new Float32Array(length).fill(value));
      const { data } = signalPicture([low!, high!], [1, 2]);
      // The second, which is at the top of its range, in its own colour, d55e00.
      return Array.from({ length: height }, (_, row) => row).find(
        (row) => data[4 * (row * width + 9) + 2] === 0,
      );
    };
    expect(parts(width)).toBe(1);
    expect(parts(width + 1)).toBe(1 + height / 2);
  });

  test("the line at 0 lies where the range reaches it, and nowhere else", () => {
    const lineOf = (low: number, high: number) => {
      // A curve far outside, so that the line is all that is seen.
      const { data } = signalPicture([Float32Array.of(99, 99)], [low, high]);
      return inkOf(data, 100).ink === 0 ? undefined : inkOf(data, 100).middle;
    };
    expect(lineOf(0, 1)).toBeCloseTo(height - 2, 6);
    expect(lineOf(-1, 0)).toBeCloseTo(2, 6);
    expect(lineOf(-1, 3)).toBeCloseTo(2 + 0.75 * (height - 4), 6);
    expect([lineOf(0.01, 1), lineOf(-1, -0.01)]).toEqual([undefined, undefined]);
  });

  test("toRgba draws signals by their layout", () => {
    const values = Float32Array.of(0, 1, 0, -1);
    expect(toRgba(values, layoutWith("signal", [4]), [-1, 1])).toEqual(signalPicture([values], [-1, 1]));
  });
});

describe("encodeWav", () => {
  const hex = (bytes: Uint8Array) =>
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

  test("pcm16, byte by byte", () => {
    const [left, right] = [Float32Array.of(0, 1, -1), Float32Array.of(0.5, 2, -0.00001)];
    const bytes = encodeWav([left, right], { sampleRate: 44_100 });
    expect(hex(bytes)).toBe(
      [
        "52 49 46 46 30 00 00 00 57 41 56 45", // RIFF, 48 bytes follow, WAVE
        "66 6d 74 20 10 00 00 00 01 00 02 00", // fmt, 16 bytes: PCM, 2 channels
        "44 ac 00 00 10 b1 02 00 04 00 10 00", // 44100 Hz, 176400 bytes a second, blocks of 4 bytes, 16 bits
        "64 61 74 61 0c 00 00 00", // data, 12 bytes
        "00 00 00 40 ff 7f ff 7f 00 80 00 00", // 0, 16384; 32767, as 2; −32768, 0
      ].join(" "),
    );
  });

  test("float32, byte by byte", () => {
    expect(hex(encodeWav([Float32Array.of(1, -2.5)], { sampleRate: 8000, format: "float32" }))).toBe(
      [
        "52 49 46 46 3a 00 00 00 57 41 56 45",
        "66 6d 74 20 12 00 00 00 03 00 01 00", // 18 bytes: IEEE float, 1 channel
        "40 1f 00 00 00 7d 00 00 04 00 20 00 00 00", // no further fields
        "66 61 63 74 04 00 00 00 02 00 00 00", // fact: 2 samples
        "64 61 74 61 08 00 00 00 00 00 80 3f 00 00 20 c0",
      ].join(" "),
    );
  });

  test("rates go from 1 to the largest of 32 bits", () => {
    const rateOf = (sampleRate: number) =>
      decodeWav(encodeWav([Float32Array.of(0)], { sampleRate })).sampleRate;
    expect(LARGEST_SAMPLE_RATE).toBe(4_294_967_295);
    expect([1, 44_100, 4_294_967_295].map(rateOf)).toEqual([1, 44_100, 4_294_967_295]);
    for (const bad of [0, -1, 1.5, 2 ** 32, Number.NaN]) expect(() => rateOf(bad)).toThrow(`and ${bad}`);
  });

  test("every sample is finite, and a signal may have none", () => {
    for (const bad of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => encodeWav([Float32Array.of(0), Float32Array.of(bad)], { sampleRate: 1 })).toThrow(
        `${bad} at index 0 of channel 1`,
      );
    }
    expect(encodeWav([new Float32Array(0)], { sampleRate: 1 })).toHaveLength(44);
  });

  test("the extremes of 16 bits are −1 and just below 1", () => {
    const samples = Float32Array.of(-1, -1.1, 32_767 / 32_768, 1, 1.4 / 32_768, -1.6 / 32_768);
    const { channels } = decodeWav(encodeWav([samples], { sampleRate: 1 }));
    expect(Array.from(channels[0]!, (x) => 32_768 * x)).toEqual([-32_768, -32_768, 32_767, 32_767, 1, -2]);
  });

  test("refuses what is no sound", () => {
    const one = Float32Array.of(0);
    expect(() => encodeWav([], { sampleRate: 8000 })).toThrow(/got 0 channels/);
    expect(() => encodeWav([one], { sampleRate: 0.5 })).toThrow(/got 1 channels and 0.5/);
    expect(() => encodeWav([one], { sampleRate: 2 ** 32 })).toThrow(/4294967296/);
    expect(() => encodeWav([one, new Float32Array(2)], { sampleRate: 1 })).toThrow(/in channel 1, 2/);
    expect(() => encodeWav([Float32Array.of(Number.NaN)], { sampleRate: 1 })).toThrow(/NaN at index 0/);
  });
});

describe("statedSampleRate", () => {
  const of = (text: string) => statedSampleRate(new Map([["vielbein.sample-rate", text]]));

  test("is that of the metadata", () => {
    expect(statedSampleRate(new Map())).toBeUndefined();
    expect(["1", " 44100 ", "4294967295"].map(of)).toEqual([1, 44_100, 4_294_967_295]);
  });

  test.each(["", "0", "-1", "44.1", "4294967296", "44100 Hz", "1e3"])("refuses %j", (text) => {
    expect(() => of(text)).toThrow(
      expect.objectContaining({ code: "INVALID_MODEL", message: expect.stringContaining(`got "${text}"`) }),
    );
  });
});

describe("decodeWav", () => {
  /** A file of these bytes of samples. */
  const wav = (
    tag: number,
    bits: number,
    channels: number,
    data: readonly number[],
    extra: readonly number[] = [],
  ) => {
    const uint16 = (x: number) => [x & 255, x >> 8];
    const uint32 = (x: number) => [...uint16(x & 0xffff), ...uint16(x >>> 16)];
    const ascii = (letters: string) => Array.from(letters, (letter) => letter.charCodeAt(0));
    const block = (channels * bits) / 8;
    const fields = [...uint16(tag), ...uint16(channels), ...uint32(8000), ...uint32(8000 * block)];
    const format = [...fields, ...uint16(block), ...uint16(bits), ...extra];
    const body = [
      ...ascii("WAVEfmt "),
      ...uint32(format.length),
      ...format,
      // Chunks of odd length are padded; of those that are not known, nothing is read.
      ...ascii("note"),
      ...uint32(3),
      ...[1, 2, 3, 0],
      ...ascii("data"),
      ...uint32(data.length),
      ...data,
    ];
    return Uint8Array.from([...ascii("RIFF"), ...uint32(body.length), ...body]);
  };
  const float64 = (...values: number[]) => [...new Uint8Array(Float64Array.from(values).buffer)];

  test.each([
    ["8 bits", wav(1, 8, 1, [0, 128, 192]), [-1, 0, 0.5]],
    ["16 bits", wav(1, 16, 1, [0, 128, 0, 64, 255, 127]), [-1, 0.5, 32767 / 32768]],
    ["24 bits", wav(1, 24, 1, [0, 0, 128, 0, 0, 64, 1, 0, 0]), [-1, 0.5, 2 ** -23]],
    ["32 bits", wav(1, 32, 1, [0, 0, 0, 128, 0, 0, 0, 64]), [-1, 0.5]],
    ["float32", wav(3, 32, 1, [0, 0, 32, 192]), [-2.5]],
    ["float64", wav(3, 64, 1, float64(0.25, -3)), [0.25, -3]],
    // The size of what follows, valid bits, a mask, and a GUID that begins with the encoding.
    [
      "extensible",
      wav(0xfffe, 16, 1, [0, 64], [22, 0, 16, 0, 0, 0, 0, 0, 1, 0, ...Array(14).fill(0)]),
      [0.5],
    ],
  ])("%s", (_, bytes, samples) => {
    expect(isWav(bytes)).toBe(true);
    expect(decodeWav(bytes)).toEqual({ channels: [Float32Array.from(samples)], sampleRate: 8000 });
  });

  test("reads what encodeWav writes: to half a step, or exactly", () => {
    const channels = [0, 1].map((c) => Float32Array.from({ length: 99 }, (_, t) => 0.99 * Math.sin(t + c)));
    const exact = decodeWav(encodeWav(channels, { sampleRate: 44_100, format: "float32" }));
    expect(exact).toEqual({ channels, sampleRate: 44_100 });
    const rounded = decodeWav(encodeWav(channels, { sampleRate: 44_100 }));
    rounded.channels.forEach((samples, c) => {
      const off = samples.reduce((most, x, t) => Math.max(most, Math.abs(x - channels[c]![t]!)), 0);
      expect(off).toBeLessThanOrEqual(2 ** -16);
    });
  });

  test("of a length that the writer did not know, all that is there", () => {
    const bytes = wav(1, 8, 1, [128, 192]);
    bytes.fill(255, bytes.length - 6, bytes.length - 2);
    expect(decodeWav(bytes).channels).toEqual([Float32Array.of(0, 0.5)]);
  });

  test("the encoding of an extensible format needs its 26 bytes", () => {
    const extra = [22, 0, 16, 0, 0, 0, 0, 0, 1, 0];
    expect(decodeWav(wav(0xfffe, 16, 1, [0, 64], extra)).channels).toEqual([Float32Array.of(0.5)]);
    expect(() => decodeWav(wav(0xfffe, 16, 1, [0, 64], extra.slice(0, 8)))).toThrow(
      "encoding 65534 of 16 bits",
    );
  });

  test("of two chunks of one type the first counts, and a file without samples has none", () => {
    const bytes = wav(1, 8, 1, [128, 192]);
    const data = bytes.slice(-10);
    data.set([0, 0], 8);
    expect(decodeWav(Uint8Array.from([...bytes, ...data])).channels).toEqual([Float32Array.of(0, 0.5)]);
    expect(decodeWav(wav(1, 16, 2, [])).channels).toEqual([new Float32Array(0), new Float32Array(0)]);
  });

  test("names what is wrong", () => {
    const good = wav(1, 16, 2, [0, 0, 0, 0]);
    expect(() => decodeWav(good.slice(0, -1))).toThrow(/"data" says that it has 4 bytes, and 3 are left/);
    expect(() => decodeWav(good.slice(0, 20))).toThrow(/"fmt " says/);
    expect(() => decodeWav(good.slice(0, 12))).toThrow(/missing/);
    expect(() => decodeWav(Uint8Array.of(1, 2))).toThrow(/does not begin/);
    expect(() => decodeWav(wav(1, 16, 2, [0, 0]))).toThrow(
      /2 bytes are no whole number of samples of 2 channels/,
    );
    expect(() => decodeWav(wav(2, 4, 1, [0]))).toThrow(/encoding 2 of 4 bits is not read/);
    expect(() => decodeWav(wav(1, 16, 0, []))).toThrow(/not read/);
  });

  test("any bytes are read or refused by name", () => {
    const good = wav(3, 32, 2, Array(32).fill(7));
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          decodeWav(bytes.subarray(0, length));
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_FILE" });
        }
      }),
      { numRuns: 500 },
    );
  });
});
