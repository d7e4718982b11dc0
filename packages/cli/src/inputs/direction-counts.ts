// Options that count or list directions ask for a number that there may not be: then all are taken, and a remark says
// so.

import {
  bytesText,
  DEFAULT_MEMORY_BUDGET,
  defaultPairs,
  defaultTriplets,
  VielbeinError,
} from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import { info, type Terminal } from "../kit/terminal.ts";

/** `wanted`, or all of `available` where these are fewer; undefined where nothing was asked for. */
export function atMost(available: number, wanted: number, option: string, terminal: Terminal): number;
export function atMost(
  available: number,
  wanted: number | undefined,
  option: string,
  terminal: Terminal,
): number | undefined;
export function atMost(
  available: number,
  wanted: number | undefined,
  option: string,
  terminal: Terminal,
): number | undefined {
  if (wanted === undefined || wanted <= available) return wanted;
  info(terminal, `${option}: there are ${available}, not ${wanted}: all of them are taken`);
  return available;
}

/**
 * Those of `wanted` that are below `available`; 0 to 4, or as many as there are, where nothing was asked for.
 *
 * @throws {VielbeinError} `OUT_OF_RANGE` where none of them exists.
 */
export function existing(
  available: number,
  wanted: readonly number[] | undefined,
  option: string,
  terminal: Terminal,
): readonly number[] {
  if (!wanted) return Array.from({ length: Math.min(5, available) }, (_, k) => k);
  const found = wanted.filter((k) => k < available);
  if (found.length === 0) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `${option}: there are 0 to ${available - 1}, got ${wanted.join(", ")}. Name some of these.`,
    );
  }
  if (found.length < wanted.length) {
    info(terminal, `${option}: there are 0 to ${available - 1} only: the others are left out`);
  }
  return found;
}

/**
 * The number of triplets of the Jacobian that --k asks for; without it all, or, with a remark, as many as the memory
 * budget allows.
 */
export function wantedTriplets(
  map: OnnxMap,
  { k, memory }: { readonly k?: number | undefined; readonly memory?: number | undefined },
  terminal: Terminal,
): number {
  const full = Math.min(map.from.dim, map.to.dim);
  const wanted = atMost(full, k, "--k", terminal);
  if (wanted !== undefined) return wanted;
  const found = defaultTriplets(map, { memoryBudget: memory });
  if (found < full) {
    info(
      terminal,
      `the Jacobian, ${map.to.dim} × ${map.from.dim}, cannot be decomposed whole within the memory budget of ${bytesText(memory ?? DEFAULT_MEMORY_BUDGET)}: the leading ${found} of ${full} directions are available, from products with it; --memory allows more`,
    );
  }
  return found;
}

/**
 * The number of eigenpairs of the metric that --k asks for; undefined where all are wanted and there is room for them;
 * else, with a remark, that of the leading ones.
 */
export function wantedPairs(
  map: Pick<OnnxMap, "from">,
  { k, memory }: { readonly k?: number | undefined; readonly memory?: number | undefined },
  terminal: Terminal,
): number | undefined {
  const { dim } = map.from;
  const found = defaultPairs(map, { memoryBudget: memory });
  if (k !== undefined || found === dim) return atMost(dim, k, "--k", terminal);
  info(
    terminal,
    `the metric, ${dim} × ${dim}, cannot be decomposed whole within the memory budget of ${bytesText(memory ?? DEFAULT_MEMORY_BUDGET)}: the leading ${found} of ${dim} eigenpairs are found, from products; --k asks for others, --memory allows more`,
  );
  return found;
}
