// Arrays on disk: a .npy file, or an array inside a .npz file, chosen by its name or because no other fits.

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { VielbeinError } from "@vielbein/core";
import { type NpyArray, openNpz, readNpy } from "@vielbein/linalg/npy";
import { samplePicturesUrl } from "@vielbein/sample";
import { inFile } from "./archives.ts";

/** An array, and where it came from. */
export interface FoundArray extends NpyArray {
  /** The file as it was given, with the array's name where it is one of several. */
  readonly label: string;
  readonly file: string;
  readonly sha256: string;
}

/**
 * `FILE.npz:NAME`, or the same for safetensors, as file and name; `sample-pictures` as those of the embedded denoiser;
 * any other text is a file.
 */
export function arrayPath(argument: string): { path: string; name?: string | undefined } {
  if (argument === "sample-pictures") return { path: fileURLToPath(samplePicturesUrl), name: "pictures" };
  const [, path = argument, name] = /^(.*\.(?:npz|safetensors)):(.+)$/is.exec(argument) ?? [];
  return { path, name };
}

/**
 * The bytes of a file or a pipe; not of a device, which may have no end.
 *
 * @throws {VielbeinError} `MISSING_FILE`.
 */
export async function readInput(option: string, path: string): Promise<Buffer> {
  try {
    if ((await stat(path)).isCharacterDevice()) throw new Error("it is a device, not a file");
    return await readFile(path);
  } catch (error) {
    const reason = (error as Error).message;
    throw new VielbeinError(
      "MISSING_FILE",
      `${option}: cannot read "${path}": ${reason}. Check the path and its permissions.`,
      { cause: error },
    );
  }
}

/**
 * The array in FILE.npy or FILE.npz:NAME; in FILE.npz, the only one with a wanted shape.
 *
 * @param rule the wanted shape, for messages: `[n,128] with n ≥ 1`.
 * @throws {VielbeinError} `MISSING_FILE`, `SHAPE_MISMATCH`; {LinalgError} `INVALID_FILE`.
 */
export async function readArray(
  option: string,
  argument: string,
  isWanted: (shape: readonly number[]) => boolean,
  rule: string,
): Promise<FoundArray> {
  const { path, name } = arrayPath(argument);
  const bytes = await readInput(option, path);
  const source = { file: basename(path), sha256: createHash("sha256").update(bytes).digest("hex") };
  if (!isZip(bytes)) {
    const array = inFile(path, () => readNpy(bytes));
    requireWanted(option, argument, array.shape, isWanted, rule);
    return { ...array, ...source, label: argument };
  }
  const archive = inFile(path, () => openNpz(bytes));
  const chosen = name ?? onlyFitting(option, path, archive, isWanted, rule);
  const { shape } = inFile(path, () => archive.header(chosen));
  requireWanted(option, `${path}:${chosen}`, shape, isWanted, rule);
  return { ...inFile(path, () => archive.read(chosen)), ...source, label: `${path}:${chosen}` };
}

/** Whether a file is an archive, whatever it is called. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

function onlyFitting(
  option: string,
  path: string,
  archive: ReturnType<typeof openNpz>,
  isWanted: (shape: readonly number[]) => boolean,
  rule: string,
): string {
  const arrays = archive.names.map((name) => ({ name, shape: shapeOf(archive, name) }));
  const fitting = arrays.filter(({ shape }) => shape && isWanted(shape));
  if (fitting.length === 1) return fitting[0]!.name;
  const listed = (fitting.length > 1 ? fitting : arrays)
    .slice(0, 12)
    .map(({ name, shape }) => `${name} ${shape ? `[${shape}]` : "(not readable)"}`);
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    fitting.length > 1
      ? `${option}: "${path}" has several arrays that fit: ${listed.join(", ")}. Name one: ${path}:${fitting[0]!.name}.`
      : `${option}: "${path}" has no array of the shape that is needed, ${rule}. It has: ${listed.join(", ") || "none"}.`,
  );
}

/** Undefined for arrays that are not read, such as those of Python objects. */
function shapeOf(archive: ReturnType<typeof openNpz>, name: string): readonly number[] | undefined {
  try {
    return archive.header(name).shape;
  } catch {
    return undefined;
  }
}

function requireWanted(
  option: string,
  label: string,
  shape: readonly number[],
  isWanted: (shape: readonly number[]) => boolean,
  rule: string,
): void {
  if (isWanted(shape)) return;
  throw new VielbeinError("SHAPE_MISMATCH", `${option}: "${label}" has shape [${shape}]; ${rule}.`);
}
