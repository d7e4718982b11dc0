// Signals as pictures, and as WAV files.

import { describe, expect, test } from "vitest";
import { layoutWith } from "../src/images/image-layout.ts";
import { toRgba } from "../src/images/tensor-pixels.ts";
import { curveColour, curvesOf, SIGNAL_SIZE, signalPicture } from "../src/signals/signal-picture.ts";
import { encodeWav } from "../src/signals/wav.ts";

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
        "00 00 00 40 ff 7f ff 7f 01 80 00 00", // 0, 16384; 32767, clipped to 32767; −32767, 0
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

  test("refuses what is no sound", () => {
    const one = Float32Array.of(0);
    expect(() => encodeWav([], { sampleRate: 8000 })).toThrow(/got 0 channels/);
    expect(() => encodeWav([one], { sampleRate: 0.5 })).toThrow(/got 1 channels and 0.5/);
    expect(() => encodeWav([one], { sampleRate: 2 ** 32 })).toThrow(/4294967296/);
    expect(() => encodeWav([one, new Float32Array(2)], { sampleRate: 1 })).toThrow(/in channel 1, 2/);
    expect(() => encodeWav([Float32Array.of(Number.NaN)], { sampleRate: 1 })).toThrow(/NaN at index 0/);
  });
});
