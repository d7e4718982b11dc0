// What a model's weights will take of the memory of WebAssembly, so that what cannot fit is not tried.

import { VielbeinError } from "@vielbein/core";
import type { Model } from "@vielbein/onnx";
import { MEMORY_BUDGET } from "./survey.ts";

/** Bytes that WebAssembly addresses. */
const ADDRESSED = 2 ** 32;
/** Sessions of the engine that have the weights: one draws pictures, and directions take three more. */
const COPIES = { pictures: 1, directions: 4 } as const;

/**
 * @param name of the model's file.
 * @param portable whether the engine keeps weights elsewhere, on a graphics processor.
 * @throws {VielbeinError} `MEMORY_BUDGET` where there is no room for the weights and what runs need beside them.
 */
export function requireRoom(
  purpose: keyof typeof COPIES,
  { graph }: Model,
  name: string,
  portable = false,
): void {
  const weights = graph.initializers.reduce((sum, { raw }) => sum + raw.byteLength, 0);
  const needed = COPIES[purpose] * weights + MEMORY_BUDGET;
  if (portable || needed <= ADDRESSED) return;
  const copies = COPIES[purpose] === 1 ? "" : `${COPIES[purpose]} times `;
  throw new VielbeinError(
    "MEMORY_BUDGET",
    `"${name}": ${purpose} take about ${gigabytes(needed)}, ${copies}the weights and ${gigabytes(MEMORY_BUDGET)} to run in, and a page has ${gigabytes(ADDRESSED)}. The command line does not have that limit: \`vielbein ${purpose === "pictures" ? "traverse" : "basis"}\`.`,
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
