// Signals as sound: the options that say how, and WAV files of a map's outputs.

import { join } from "node:path";
import { type Space, VielbeinError } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import {
  curvesOf,
  encodeWav,
  formatLayout,
  type ImageLayout,
  LARGEST_SAMPLE_RATE,
  shownBy,
  statedRange,
  statedSampleRate,
} from "@vielbein/viz";
import { integer } from "../kit/arguments.ts";
import { OutputFolderOption } from "../kit/command-files.ts";
import { makeFolder } from "../kit/folders.ts";
import { choice, type OptionsOf, option } from "../kit/options.ts";
import { writeWhole } from "../kit/output.ts";
import { endingAtOnce } from "../kit/signals.ts";
import type { Task } from "../kit/task.ts";
import { info } from "../kit/terminal.ts";
import type { PictureLayout } from "./layouts.ts";
import { isOutput, type LoadedModel } from "./model.ts";

/** Samples per second where nobody says how many. */
const ASSUMED_RATE = 16_000;

export const soundOptions = {
  wav: new OutputFolderOption(
    "--wav <folder>",
    "write every signal as a WAV file",
    /^(?:direction|sample)-\d+-\d+\.wav$/,
  ),
  wavFormat: choice(
    "--wav-format <format>",
    "format of samples in WAV files: 16-bit integers, clipped, or float32",
    ["pcm16", "float32"],
    "pcm16",
  ),
  sampleRate: option(
    "--sample-rate <n>",
    `samples per second of WAV files (default: as the model states in vielbein.sample-rate, else ${ASSUMED_RATE})`,
    integer(1, LARGEST_SAMPLE_RATE),
  ),
};

export type SoundOptions = OptionsOf<typeof soundOptions>;

/** How signals become WAV files. */
export interface Sound {
  readonly folder: string;
  readonly format: SoundOptions["wavFormat"];
  readonly rate: number;
  readonly from: "option" | "model" | "assumed";
  /** The loudest value possible: from the range that the model states, else 1. */
  readonly fullScale: number;
}

/**
 * How points of `space` become WAV files; undefined without --wav. Says so where the sampling rate is assumed.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where they are drawn as anything other than signals.
 */
export function soundOf(
  loaded: LoadedModel,
  space: Space,
  { layout }: PictureLayout,
  { wav, wavFormat: format, sampleRate }: SoundOptions,
): Sound | undefined {
  if (wav === undefined) return undefined;
  requireSignal(space, layout);
  const { rate: stated, fullScale } = statedSound(loaded, space);
  const from = sampleRate !== undefined ? "option" : stated !== undefined ? "model" : "assumed";
  if (from === "assumed") {
    loaded.remark(
      `--wav: the model does not state a sample rate: ${ASSUMED_RATE} per second is assumed; give --sample-rate, or vielbein.sample-rate in the metadata`,
    );
  }
  return { folder: wav, format, rate: sampleRate ?? stated ?? ASSUMED_RATE, from, fullScale };
}

/** What the model states about the sound of its outputs: samples per second, and the loudest value possible. */
export function statedSound(
  loaded: LoadedModel,
  { name }: Space,
): { readonly rate: number | undefined; readonly fullScale: number } {
  const metadata = isOutput(loaded, name) ? loaded.model.metadata : new Map<string, string>();
  const fullScale = Math.max(...(statedRange(metadata) ?? [-1, 1]).map(Math.abs));
  return { rate: statedSampleRate(metadata), fullScale };
}

function requireSignal({ name }: Space, layout: ImageLayout): void {
  if (shownBy(layout) === "signal") return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `--wav: "${name}" is read as ${formatLayout(layout)}, which is not a sound. If it is one, give --layout signal.`,
  );
}

/** Engines round a tanh to a little more than 1; clipping an excess of less than a step of 16 bits loses nothing. */
const AUDIBLE = 1 + 2 ** -15;

/** What the provenance records about it; nothing without --wav. */
export function soundEntry(sound: Sound | undefined): object {
  return {
    sampleRate: sound?.rate,
    sampleRateFrom: sound?.from,
    wavFormat: sound?.format,
    fullScale: sound?.fullScale,
  };
}

/** Signals that follow each other. */
export interface SignalRow {
  /** What their files are called, before their numbers. */
  readonly name: string;
  /** `[count, space.dim]`. */
  readonly values: Float32Array;
}

/** Writes every signal of the rows to a file of its own; nothing without a sound. */
export async function writeSounds(
  { terminal, signal }: Pick<Task<unknown>, "terminal" | "signal">,
  sound: Sound | undefined,
  { dim }: Space,
  { layout }: PictureLayout,
  rows: readonly SignalRow[],
): Promise<void> {
  if (!sound) return;
  await makeFolder(sound.folder);
  const signals = rows.flatMap((row) => numbered(row, dim));
  let clipped = 0;
  for (const { name, values } of signals) {
    clipped += values.filter((x) => Math.abs(x) > AUDIBLE * sound.fullScale).length;
    const file = join(sound.folder, `${name}.wav`);
    await writeWhole(file, await endingAtOnce(() => encoded(values, layout, sound), signal), terminal);
  }
  if (clipped > 0 && sound.format === "pcm16") {
    const beyond = `${clipped} samples beyond ±${sound.fullScale} were clipped`;
    info(terminal, `--wav: ${beyond}; --wav-format float32 keeps them`);
  }
  info(terminal, `wrote ${signals.length} WAV files to ${sound.folder}`);
}

/** The signals of a row, one by one. */
function numbered({ name, values }: SignalRow, dim: number): SignalRow[] {
  const count = values.length / dim;
  const digits = String(count - 1).length;
  return Array.from({ length: count }, (_, i) => ({
    name: `${name}-${String(i).padStart(digits, "0")}`,
    values: rowAt(values, i, dim),
  }));
}

function encoded(values: Float32Array, layout: ImageLayout, sound: Sound): Uint8Array {
  const { rate: sampleRate, format, fullScale } = sound;
  const scaled = values.map((x) => x / fullScale);
  return encodeWav(curvesOf(scaled, layout), { sampleRate, format });
}
