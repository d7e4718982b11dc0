// Safetensors files, and the index of one model's tensors over several.

import { type SafetensorsViewDtype, safetensorsViews } from "@vielbein/linalg/safetensors";
import { badCheckpoint } from "../errors.ts";
import type { ElementType } from "../tensors/element-types.ts";
import { StoredTensor } from "../tensors/tensor.ts";
import type { Content } from "./content.ts";

const TYPES: Readonly<Record<SafetensorsViewDtype, ElementType>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
  F8_E4M3: "float8_e4m3fn",
  F8_E5M2: "float8_e5m2",
  F8_E8M0: "float8_e8m0fnu",
  C64: "complex64",
};

/** Tensors, and the metadata as settings. */
export function readSafetensorsFile(bytes: Uint8Array): Content {
  const { tensors, metadata } = safetensorsViews(bytes);
  return {
    tensors: new Map(
      Object.entries(tensors).map(([name, { dtype, shape, raw }]) => [
        name,
        StoredTensor.whole(TYPES[dtype], shape, raw),
      ]),
    ),
    settings: new Map(Object.entries(metadata)),
  };
}

/** The files of an index, each once. */
export function shardsOf(index: Record<string, unknown>): string[] | undefined {
  const map = index.weight_map;
  if (typeof map !== "object" || map === null) return undefined;
  const files = Object.values(map);
  if (files.length > 0 && files.every((file) => typeof file === "string")) return [...new Set(files)];
  throw badCheckpoint("its weight_map must say which file each tensor is in");
}

/** Tensors of all the files. */
export function mergedContent(parts: readonly Content[]): Content {
  return {
    tensors: new Map(parts.flatMap(({ tensors }) => [...tensors])),
    settings: new Map(parts.flatMap(({ settings }) => [...settings])),
  };
}
