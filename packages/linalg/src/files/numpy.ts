// Entry point `@vielbein/linalg/npy`: NumPy's file formats.

export { type NpyArray, type NpyData, type ReadNpyArray, readNpy, writeNpy } from "./npy.ts";
export type { NpyDtype, NpyHeader } from "./npy-header.ts";
export { type NpzArchive, openNpz, readNpz, type WriteNpzOptions, writeNpz } from "./npz.ts";
