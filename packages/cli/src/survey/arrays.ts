// The vectors of a survey: one Zarr store (version 3, uncompressed), an array for each vector-valued result,
// [models, layers, points, …], a chunk for each shard. Chunks that are not there yet read as NaN.

import { create, get, open as openArray, root, set, slice, type Array as ZarrArray } from "zarrita";
import { defined } from "../kit/defined.ts";
import { ARRAYS, type SurveyFolder } from "./folder.ts";
import type { KeptRow } from "./kept-rows.ts";
import { isOfPairs, methodOf } from "./methods.ts";
import { type NamedPlan, type Plan, type PlannedArray, type PlannedMethod, plannedPart } from "./plan.ts";
import { readIfThere } from "./reading.ts";
import type { Shard } from "./shards.ts";

const TYPES = { f4: "float32", f8: "float64" } as const;

/** A file of the survey: its path in the folder, and what it holds. */
export interface NamedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The files that describe the store, which are written with the plan. */
export async function storeFiles(plan: NamedPlan): Promise<NamedFile[]> {
  const files = new Map<string, Uint8Array>();
  for (const method of plan.methods) {
    for (const array of method.arrays) await open(files, plan, method, array);
  }
  const metadata = [...files].map(
    ([path, bytes]) => [path.split("/")[1], JSON.parse(new TextDecoder().decode(bytes))] as const,
  );
  const attributes = defined({
    survey: plan.id,
    models: plan.models.map(({ label }) => label),
    axis: plan.axis,
    at: plan.axis === undefined ? undefined : plan.models.map(({ at }) => at),
  });
  const group = {
    zarr_format: 3,
    node_type: "group",
    attributes,
    consolidated_metadata: {
      kind: "inline",
      must_understand: false,
      metadata: Object.fromEntries(metadata),
    },
  };
  files.set("/zarr.json", new TextEncoder().encode(JSON.stringify(group, null, 2)));
  return named(files);
}

/** The chunk of a shard in each array that its method keeps; the bytes depend on plan, shard and rows alone. */
export async function encodeChunks(plan: Plan, shard: Shard, rows: readonly KeptRow[]): Promise<NamedFile[]> {
  const { method, layer } = plannedPart(plan, shard);
  const files = new Map<string, Uint8Array>();
  for (const array of method.arrays) {
    const shape = layer.cells[array.column];
    if (!shape) continue;
    const cells = cellsOf(rows, array, shape);
    // What is not there reads as NaN, too.
    if (cells.every(Number.isNaN)) continue;
    await fill(await open(files, plan, method, array), shard, shape, cells);
  }
  return named(files).filter(({ path }) => !path.endsWith("zarr.json"));
}

/** The cells of an array in the chunk of a shard, one after another: those that {@link encodeChunks} wrote. */
export async function readChunk(
  folder: SurveyFolder,
  plan: Plan,
  shard: Shard,
  column: string,
): Promise<Float64Array> {
  const { method, layer } = plannedPart(plan, shard);
  // The plan describes the array; its description in the folder has no hash.
  const described: Store = new Map();
  for (const array of method.arrays.filter((one) => one.column === column)) {
    await open(described, plan, method, array);
  }
  const store = {
    get: async (key: string) => described.get(key) ?? readIfThere(folder.file(`${ARRAYS}${key}`)),
  };
  const array = await openArray(root(store).resolve(`${method.name}_${column}`), { kind: "array" });
  const { data } = await get(array, placeOf(shard, layer.cells[column] ?? []));
  return Float64Array.from(data as Float32Array | Float64Array);
}

/** The cells of a column, one after another; NaN for a point that failed. */
function cellsOf(
  rows: readonly KeptRow[],
  { column, dtype }: PlannedArray,
  shape: readonly number[],
): Float32Array | Float64Array {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = new (dtype === "f4" ? Float32Array : Float64Array)(rows.length * size).fill(Number.NaN);
  for (const [i, row] of rows.entries()) {
    const cell = row[column];
    if (cell !== undefined) data.set(cell as Float64Array, i * size);
  }
  return data;
}

type Store = Map<string, Uint8Array>;
type FloatArray = ZarrArray<"float32" | "float64", Store>;

/** Writes cells into the chunk of their shard, which is NaN beyond them: no other shard is in it. */
async function fill(
  target: FloatArray,
  shard: Shard,
  shape: readonly number[],
  data: Float32Array | Float64Array,
): Promise<void> {
  const extents = [1, 1, shard.count, ...shape];
  const stride = extents.map((_, i) => extents.slice(i + 1).reduce((product, extent) => product * extent, 1));
  await set(target, placeOf(shard, shape), { data, shape: extents, stride });
}

/** Where the cells of a shard are in an array. */
function placeOf({ model, layer, first, count }: Shard, shape: readonly number[]) {
  const place = [slice(model, model + 1), slice(layer, layer + 1), slice(first, first + count)];
  return [...place, ...shape.map((extent) => slice(0, extent))];
}

/** An array of the store, as the plan describes it. */
async function open(
  files: Store,
  plan: Pick<Plan, "models" | "methods">,
  method: PlannedMethod,
  array: PlannedArray,
): Promise<FloatArray> {
  const { total, shardSize, layers } = method;
  const name = `${method.name}_${array.column}`;
  return create(root(files).resolve(name), {
    dtype: TYPES[array.dtype],
    shape: [plan.models.length, layers.length, total, ...array.shape],
    chunkShape: [1, 1, shardSize, ...array.shape],
    fillValue: Number.NaN,
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
    dimensionNames: ["model", "layer", rowAxis(plan, method), ...axes(name, array)],
    attributes: { layers: layers.map((layer) => layer.name) },
  });
}

/** `point` or `pair`; where methods have different numbers of them, each has its own. */
function rowAxis({ methods }: Pick<Plan, "methods">, method: PlannedMethod): string {
  const isPairs = isOfPairs(methodOf(method.name));
  const name = isPairs ? "pair" : "point";
  const others = methods.filter((other) => isOfPairs(methodOf(other.name)) === isPairs);
  return others.every(({ total }) => total === method.total) ? name : `${method.name}_${name}`;
}

function axes(name: string, { shape }: PlannedArray): string[] {
  return shape.length === 1 ? [`${name}_k`] : shape.map((_, i) => `${name}_${i}`);
}

function named(files: Store): NamedFile[] {
  return [...files].map(([path, bytes]) => ({ path: `${ARRAYS}${path}`, bytes }));
}
