// One file format for direction sets of every kind: a safetensors file. Its tensors are `directions` [count, dim], a
// row for each direction, and optionally `values` [count] and `point` [shape of the space]; everything else is in the
// metadata, as JSON. Any reader of safetensors can open it.

import { transpose } from "@vielbein/linalg";
import {
  type ReadTensor,
  readSafetensors,
  type Tensor,
  writeSafetensors,
} from "@vielbein/linalg/safetensors";
import * as z from "zod/mini";
import { VielbeinError } from "../errors.ts";
import { parseJson, provenanceSchema, spaceSchema } from "../schemas.ts";
import { type DirectionSet, requireDirections } from "./directions.ts";

const FORMAT = "vielbein.directions";
/** Raised when older readers would misread a file; what is merely added does not raise it. */
const VERSION = 1;

/** What the metadata entry `description` holds. */
type Description = Pick<DirectionSet, "space" | "names" | "layers" | "method" | "provenance"> & {
  readonly values?: string | undefined;
};

const descriptionSchema = z.object({
  space: spaceSchema,
  names: z.array(z.string()),
  method: z.string(),
  layers: z.optional(z.array(z.int())),
  values: z.optional(z.string()),
  provenance: z.optional(provenanceSchema),
}) as z.ZodMiniType<Description>;

/**
 * The bytes of a directions file.
 *
 * @throws {VielbeinError} where the parts of the set do not fit together: see {@link requireDirections}.
 */
export function encodeDirections(set: DirectionSet): Uint8Array {
  const { space, vectors, names, layers, values, method, point, provenance } = requireDirections(set);
  const description: Description = {
    space,
    names,
    method,
    layers,
    values: values?.kind,
    provenance,
  };
  const { rows, cols } = vectors;
  const tensors: Record<string, Tensor> = {
    directions: { shape: [cols, rows], data: transpose(vectors).data },
  };
  if (values) tensors.values = { shape: [cols], data: values.values };
  if (point) tensors.point = { shape: space.shape, data: point };
  const metadata: Record<string, string> = { format: FORMAT, version: String(VERSION) };
  if (provenance) metadata.model_sha256 = provenance.model.sha256;
  metadata.description = JSON.stringify(description);
  return writeSafetensors(tensors, metadata);
}

/**
 * The set in a directions file. `what` names the file in messages.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for bytes that are not a directions file, or one of a later version.
 */
export function decodeDirections(bytes: Uint8Array, what = "Directions"): DirectionSet {
  const { tensors, metadata } = readOurs(bytes, what);
  const { directions, values, point } = tensors;
  if (directions?.shape.length !== 2) throw invalid(what, "it has no tensor `directions` [count, dim]");
  const [count, dim] = directions.shape as [number, number];
  const vectors = transpose({ rows: count, cols: dim, data: numbers(directions) });
  try {
    const { values: kind, ...rest } = parseJson(
      metadata.description ?? "",
      descriptionSchema,
      "its description",
    );
    return requireDirections({
      ...rest,
      vectors,
      values: values && { kind: kind ?? "value", values: numbers(values) },
      point: point && Float32Array.from(numbers(point)),
    });
  } catch (error) {
    throw error instanceof VielbeinError ? invalid(what, error.message, error) : error;
  }
}

function readOurs(bytes: Uint8Array, what: string): ReturnType<typeof readSafetensors> {
  let file: ReturnType<typeof readSafetensors>;
  try {
    file = readSafetensors(bytes);
  } catch (error) {
    throw invalid(what, "it is not a safetensors file", error);
  }
  const { format, version } = file.metadata;
  if (format !== FORMAT) {
    throw invalid(
      what,
      `its metadata has format ${JSON.stringify(format) ?? "not at all"}, not "${FORMAT}". Its tensors: ${Object.keys(file.tensors).slice(0, 8).join(", ") || "none"}`,
    );
  }
  if (!(Number(version) <= VERSION)) {
    throw invalid(what, `it is of version ${version}, this program reads up to ${VERSION}. Update it`);
  }
  return file;
}

function numbers({ data }: ReadTensor): Float64Array {
  return Float64Array.from(data as ArrayLike<number>, Number);
}

function invalid(what: string, reason: string, cause?: unknown): VielbeinError {
  return new VielbeinError(
    "INVALID_MODEL",
    `${what}: not a directions file: ${reason.replace(/\.$/, "")}. \`vielbein sefa\`, \`pca\` and \`random\` write such files, \`directions import\` makes them of other programs' files.`,
    { cause },
  );
}
