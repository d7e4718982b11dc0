// Real models and their reference derivatives, kept outside the repository.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readNpz } from "@vielbein/linalg/npy";
import type { TestContext } from "vitest";
import { decodeModel, type Model } from "../src/index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Folder with `models/` and `golden/`: $VIELBEIN_SHARED, by default `../shared` beside the repository. */
export const shared: string = process.env.VIELBEIN_SHARED ?? `${root}../shared`;

/** Skips the test, saying why, where the folder or a file in it is absent. */
export function requireShared(context: TestContext, ...files: readonly string[]): void {
  const absent = files.find((file) => !existsSync(`${shared}/${file}`));
  if (absent) context.skip(`no ${absent} in the folder of shared models; set VIELBEIN_SHARED`);
}

export async function sharedModel(name: string): Promise<Model> {
  return decodeModel(await readFile(`${shared}/models/${name}.onnx`), `${name}.onnx`);
}

/** Arrays of a reference as float64, by name, row-major, first axis split: one entry for each point. */
export async function golden(name: string): Promise<Record<string, Float64Array[]>> {
  return pointwise(await readFile(`${shared}/golden/${name}.npz`));
}

/** {@link golden} of the bytes of any `.npz` file. */
export function pointwise(npz: Uint8Array): Record<string, Float64Array[]> {
  return Object.fromEntries(
    Object.entries(readNpz(npz)).map(([key, { data, shape }]) => {
      const values = Float64Array.from(data as Float64Array);
      const size = values.length / shape[0]!;
      return [key, Array.from({ length: shape[0]! }, (_, i) => values.subarray(i * size, (i + 1) * size))];
    }),
  );
}
