// From the bytes of a file, and those of files beside it, to the tensors in it.

import { VielbeinError } from "@vielbein/core";
import { LinalgError } from "@vielbein/linalg";
import { openNpz } from "@vielbein/linalg/npy";
import { zipMembers } from "@vielbein/linalg/zip";
import { requireConfinedLocation } from "@vielbein/onnx";
import { badCheckpoint } from "../errors.ts";
import { StoredTensor } from "../tensors/tensor.ts";
import { type Content, contentOf, type Setting } from "./content.ts";
import { checkpointFormat, type Format } from "./format.ts";
import { isRecord, parsedJson } from "./json.ts";
import { readKerasArchive, readKerasH5 } from "./keras.ts";
import { requireKind } from "./requirements.ts";
import { mergedContent, readSafetensorsFile, shardsOf } from "./safetensors.ts";
import { readTorchTar } from "./tar.ts";
import { readLayersModel } from "./tensorflow-js.ts";
import { isTorchScript, readPickles, readTorchZip } from "./torch.ts";

/** A file as it was downloaded: its name, its bytes, and a way to its neighbours. */
export interface CheckpointFile {
  /** Without its folder. */
  readonly name: string;
  /** All of the file. */
  readonly bytes: Uint8Array;
  /** Reads a file in the same folder: parts of a checkpoint, and its configuration. */
  readonly readBeside?: ((location: string) => Promise<Uint8Array>) | undefined;
}

/**
 * What a file of weights holds, before its architecture is recognised: tensors and settings by name, and
 * where they came from.
 */
export interface Checkpoint extends Content {
  /** Name of the file, without its folder. */
  readonly name: string;
  /** The format that its first bytes show. */
  readonly format: Format;
  /** The files whose bytes tensors are views of, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads what is in a checkpoint. Nothing in the file is executed; tensors stay views of its bytes, which must not be
 * changed afterwards.
 *
 * @throws {VielbeinError} `INVALID_MODEL` where it is damaged, hostile, or of a format that is not read; what
 * `readBeside` throws.
 */
export async function openCheckpoint(file: CheckpointFile): Promise<Checkpoint> {
  requireKind("openCheckpoint: file", "file", file);
  const { name, bytes } = file;
  const format = checkpointFormat(bytes);
  const files = new Map([[name, bytes]]);
  try {
    const content = withTensors(await contentIn(file, format, files));
    const settings = new Map([...content.settings, ...(await configurationOf(file))]);
    return { ...content, name, format: format as Format, files, settings };
  } catch (error) {
    throw named(name, error);
  }
}

async function contentIn(
  file: CheckpointFile,
  format: Format | undefined,
  files: Map<string, Uint8Array>,
): Promise<Content> {
  return format === "JSON" ? readIndex(file, files) : readWhole(file.bytes, format);
}

/** A file that needs no others. */
async function readWhole(bytes: Uint8Array, format = checkpointFormat(bytes)): Promise<Content> {
  switch (format) {
    case "safetensors":
      return readSafetensorsFile(bytes);
    case "pickle":
      return contentOf(readPickles(bytes));
    case "zip":
      return readZip(bytes);
    case "tar":
      return contentOf(readTorchTar(bytes));
    case "HDF5":
      return readKerasH5(bytes);
    default:
      throw badCheckpoint(
        "it is no safetensors, PyTorch, pickle, npz, Keras or TensorFlow.js file",
        "Give one of these, or an ONNX file",
      );
  }
}

/** An archive of `torch.save`, of NumPy or of Keras. */
async function readZip(bytes: Uint8Array): Promise<Content> {
  const members = zipMembers(bytes);
  if (members.every(({ name }) => name.endsWith(".npy"))) return readArrays(bytes);
  const keras = await readKerasArchive(members);
  if (keras) return keras;
  const content = contentOf(readTorchZip(members));
  return isTorchScript(members) ? { ...content, lacks: CODE } : content;
}

/** Of an archive of `torch.jit.save`: its code, which may do anything with its tensors. */
const CODE =
  "is TorchScript, a program whose code is not run; PyTorch runs and exports it: torch.onnx.export(torch.jit.load(FILE), example_code, OUT, dynamo=False)";

function readArrays(bytes: Uint8Array): Content {
  const archive = openNpz(bytes);
  const tensors = archive.names.flatMap((name) => {
    const { dtype } = archive.header(name);
    if (!dtype.startsWith("f")) return [];
    const { shape, data } = archive.read(name);
    const values = Float32Array.from(data as Float32Array);
    return [[name, StoredTensor.whole("float32", shape, new Uint8Array(values.buffer))] as const];
  });
  return { tensors: new Map(tensors), settings: new Map() };
}

/** The tensors of the files that an index names. */
async function readIndex(
  { bytes, readBeside }: CheckpointFile,
  files: Map<string, Uint8Array>,
): Promise<Content> {
  const index = parsed(bytes);
  const read = async (location: string): Promise<Uint8Array> => {
    if (!readBeside) {
      throw badCheckpoint(`its tensors are in other files, ${location} …`, "Give one file that holds them");
    }
    const part = await readBeside(location);
    files.set(location, part);
    return part;
  };
  const layersModel = await readLayersModel(index, read);
  if (layersModel) return layersModel;
  const shards = shardsOf(index);
  if (!shards) throw badCheckpoint("its JSON names no files of weights", "Give the file of the weights");
  const parts = new Map<string, Content>();
  for (const shard of new Set(shards.values())) {
    requireConfinedLocation(shard, "weight_map");
    parts.set(shard, await readWhole(await read(shard)));
  }
  return mergedContent(shards, parts);
}

function parsed(bytes: Uint8Array): Record<string, unknown> {
  const value = parsedJson(new TextDecoder().decode(new Uint8Array(bytes)));
  if (isRecord(value)) return value;
  throw badCheckpoint("its JSON is no object");
}

/** The configuration that diffusers and others lay beside the weights, as settings `config.…`; none where there is none. */
async function configurationOf({ readBeside }: CheckpointFile): Promise<Content["settings"]> {
  // Where there is no such file, whoever reads it throws what it likes.
  const bytes = await readBeside?.("config.json").catch(() => undefined);
  if (bytes === undefined) return new Map();
  try {
    return new Map(settingsIn(parsed(bytes), "config"));
  } catch (cause) {
    throw badCheckpoint("config.json, which lies beside it, is no JSON object", "Mend or remove it", cause);
  }
}

/** Records within records of a configuration. */
const DEEPEST = 8;

/** Texts, numbers, truth values and null of records within records, by the names of all of them. */
function settingsIn(record: Record<string, unknown>, prefix: string, depth = 0): [string, Setting][] {
  if (depth > DEEPEST) return [];
  return Object.entries(record).flatMap(([key, value]): [string, Setting][] => {
    const name = `${prefix}.${key}`;
    const parts = Array.isArray(value) ? Object.fromEntries(value.entries()) : value;
    if (isRecord(parts)) return settingsIn(parts, name, depth + 1);
    return isSetting(value) ? [[name, value]] : [];
  });
}

function isSetting(value: unknown): value is Setting {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** Tensors of a file: the largest networks have some thousands. */
const MOST_TENSORS = 100_000;

function withTensors(content: Content): Content {
  const { size } = content.tensors;
  if (size > MOST_TENSORS) throw badCheckpoint(`there are ${size} tensors in it, more than ${MOST_TENSORS}`);
  if (size > 0) return content;
  throw badCheckpoint("there are no tensors in it", "Give the file of the weights");
}

/** Errors of readers name the file. */
function named(name: string, error: unknown): unknown {
  if (error instanceof LinalgError || (error instanceof VielbeinError && error.code === "INVALID_MODEL")) {
    return new VielbeinError("INVALID_MODEL", `"${name}": ${error.message}`, { cause: error });
  }
  return error;
}
