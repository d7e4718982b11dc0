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

/** The file that each tensor is in, by its name, as an index has them; undefined of what is none. */
export function shardsOf(index: Record<string, unknown>): ReadonlyMap<string, string> | undefined {
  const map = index.weight_map;
  if (typeof map !== "object" || map === null) return undefined;
  const entries = Object.entries(map);
  if (entries.length > 0 && entries.every(([, file]) => typeof file === "string")) return new Map(entries);
  throw badCheckpoint("its weight_map must say which file each tensor is in");
}

/** The tensors of an index, each from the file that it is said to be in: copies elsewhere may be of another time. */
export function mergedContent(
  shards: ReadonlyMap<string, string>,
  parts: ReadonlyMap<string, Content>,
): Content {
  const tensors = [...shards].map(([name, file]) => {
    const tensor = parts.get(file)?.tensors.get(name);
    if (tensor) return [name, tensor] as const;
    throw badCheckpoint(`its weight_map has "${name}" in "${file}", which does not hold it`);
  });
  const settings = [...parts.values()].flatMap((part) => [...part.settings]);
  return { tensors: new Map(tensors), settings: new Map(settings) };
}
