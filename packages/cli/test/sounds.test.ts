// WAV files of rows of signals: their names, their loudness, and what is said of samples beyond it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeWav, detectLayout } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { type Sound, writeSounds } from "../src/inputs/sounds.ts";
import type { Terminal } from "../src/kit/terminal.ts";
import { scratch } from "./run.ts";

const space = { name: "y", dim: 2, shape: [2] };
const layout = {
  layout: detectLayout([2], { layout: { name: "signal" } }),
  from: "option",
  isPlain: false,
} as const;
let count = 0;

async function written(values: readonly number[], changes: Partial<Sound> = {}) {
  const sound: Sound = {
    folder: scratch(`sounds-${count++}`),
    format: "pcm16",
    rate: 8000,
    from: "option",
    fullScale: 1,
    ...changes,
  };
  let stderr = "";
  const terminal: Terminal = {
    stdout: { write: () => undefined },
    stderr: { write: (text) => (stderr += text) },
    reports: "stdout",
    quiet: false,
  };
  const rows = [{ name: "row", values: Float32Array.from(values) }];
  await writeSounds({ terminal, signal: new AbortController().signal }, sound, space, layout, rows);
  const files = readdirSync(sound.folder).sort();
  const samples = files.map((file) => [
    ...decodeWav(new Uint8Array(readFileSync(join(sound.folder, file)))).channels[0]!,
  ]);
  return { files, samples, stderr };
}

describe("writeSounds", () => {
  it("numbers have as many digits as the last one", async () => {
    const names = async (signals: number) => (await written(Array(2 * signals).fill(0))).files;
    expect(await names(1)).toEqual(["row-0.wav"]);
    expect((await names(10)).slice(-2)).toEqual(["row-8.wav", "row-9.wav"]);
    expect((await names(11)).slice(-2)).toEqual(["row-09.wav", "row-10.wav"]);
  });

  it("each signal has its own samples, over the full scale", async () => {
    const { samples } = await written([1, -2, 0.5, 0], { format: "float32", fullScale: 4 });
    expect(samples).toEqual([
      [0.25, -0.5],
      [0.125, 0],
    ]);
  });

  it("counts samples that are clipped, beyond full scale by more than rounding, of either sign", async () => {
    const step = 2 ** -15;
    expect((await written([1, -1, 1 + step, -1 - step])).stderr).not.toContain("clipped");
    expect((await written([1 + 2 * step, -1 - 2 * step, 3, 0])).stderr).toContain(
      "3 samples beyond ±1 were clipped; --wav-format float32 keeps them",
    );
    expect((await written([2.5, 0], { fullScale: 2.5 })).stderr).not.toContain("clipped");
    const kept = await written([3, 0], { format: "float32" });
    expect(kept.stderr).not.toContain("clipped");
    expect(kept.samples).toEqual([[3, 0]]);
  });

  it("says how many files there are, and where", async () => {
    expect((await written([0, 0, 0, 0])).stderr).toMatch(/wrote 2 WAV files to .*sounds-\d+\n$/);
  });
});
