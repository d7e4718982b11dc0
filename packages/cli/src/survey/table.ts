// The table of a shard: Parquet, a row for each point at a layer. All tables of a survey have the same columns, so that
// any reader takes the folder of them for one.

import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { withRoutes } from "../kit/routes.ts";
import { type KeptRow, problemText, routeText } from "./kept-rows.ts";
import { provenanceOfPart } from "./parts.ts";
import { type NamedPlan, type Plan, plannedPart } from "./plan.ts";
import type { Shard } from "./shards.ts";

/** Says which point, at which layer of which model; the axis where the plan has one. */
const PLAN_COLUMNS = [
  "model",
  "axis",
  "method",
  "layer",
  "layer_index",
  "index",
  "route",
  "problem",
] as const;

/** Where the provenance is in the metadata of the file. */
const PROVENANCE = "vielbein";

/** The columns of all methods, `METHOD_COLUMN`. */
function resultColumns({ methods }: Plan): string[] {
  return methods.flatMap(({ name, columns }) => columns.map((column) => `${name}_${column}`));
}

/** The bytes of a table: they depend on plan, shard and rows alone. */
export function encodeTable(plan: NamedPlan, shard: Shard, rows: readonly KeptRow[]): Uint8Array {
  const { model, method, layer } = plannedPart(plan, shard);
  const { name, columns } = method;
  const always = <T>(value: T): T[] => rows.map(() => value);
  const place: Record<(typeof PLAN_COLUMNS)[number], Omit<ColumnSource, "name">> = {
    model: { type: "STRING", nullable: false, data: always(model.label) },
    axis: { type: "DOUBLE", data: always(model.at ?? null) },
    method: { type: "STRING", nullable: false, data: always(name) },
    layer: { type: "STRING", nullable: false, data: always(layer.name) },
    layer_index: { type: "INT32", nullable: false, data: always(shard.layer) },
    index: { type: "INT32", nullable: false, data: rows.map((_, i) => shard.first + i) },
    route: { type: "STRING", data: rows.map((row) => routeText(row) ?? null) },
    problem: { type: "STRING", data: rows.map((row) => problemText(row) ?? null) },
  };
  const results = resultColumns(plan).map((column): ColumnSource => {
    const position = columns.findIndex((own) => `${name}_${own}` === column);
    return { name: column, type: "DOUBLE", data: rows.map((row) => known(row.table[position])) };
  });
  const provenance = withRoutes(provenanceOfPart(plan, shard), rows);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [...PLAN_COLUMNS.map((name): ColumnSource => ({ name, ...place[name] })), ...results],
      kvMetadata: [{ key: PROVENANCE, value: JSON.stringify({ survey: plan.id, provenance }) }],
      createdBy: plan.tool,
    }),
  );
}

/** NaN is how rows say that there is no value. */
function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** A row of a table. */
export type TableRow = Readonly<Record<string, string | number | null>>;

/** The rows in the bytes of a table. */
export async function decodeTable(bytes: Uint8Array): Promise<TableRow[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return (await parquetReadObjects({ file, metadata: parquetMetadata(file) })) as TableRow[];
}
