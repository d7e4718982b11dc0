// Entry point `@vielbein/linalg/npy`: NumPy's file formats.

export { type NpyArray, type NpyData, type NpyDtype, type ReadNpyArray, readNpy, writeNpy } from "./npy.ts";
export { readNpz, type WriteNpzOptions, writeNpz } from "./npz.ts";
