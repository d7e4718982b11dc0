// vielbein basis: singular values and vectors of the Jacobian at sampled or given points.

import {
  type DirectionSet,
  defaultNames,
  JacobianAt,
  type LocalBasis,
  localBasisAt,
  type Provenance,
} from "@vielbein/core";
import type { Matrix } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { iterationText, originOf, stillnessRemark } from "../inputs/captions.ts";
import { type Codes, codesOf, samplesOption } from "../inputs/codes.ts";
import { denoisedOptions } from "../inputs/denoiser.ts";
import { wantedTriplets } from "../inputs/direction-counts.ts";
import { writeDirections } from "../inputs/direction-files.ts";
import { layoutOptions } from "../inputs/layouts.ts";
import { mapOptions, openMap, pointOptions, provenanceOf } from "../inputs/model.ts";
import { openRegion, regionOption } from "../inputs/region.ts";
import { restAfter } from "../inputs/rest.ts";
import { loadTruncated } from "../inputs/truncation.ts";
import { integer } from "../kit/arguments.ts";
import { output } from "../kit/command-files.ts";
import { defined } from "../kit/defined.ts";
import { spacesText } from "../kit/names.ts";
import { json, option } from "../kit/options.ts";
import { ROUTE_COLUMN, routeCell, routeOf } from "../kit/routes.ts";
import { type Column, type Columns, NOT_NEGATIVE, type RowValue, SPECTRUM } from "../kit/row-file.ts";
import { rowOptions } from "../kit/rows.ts";
import { rowsCommand } from "../kit/rows-command.ts";
import { number, significant, table } from "../kit/table.ts";
import { dim, heading } from "../kit/terminal.ts";
import { SPECTRUM_SUMMARY, spectrumSummary } from "./spectrum-summary.ts";

/** Arrays of the .npz file, less their first axis: d = from.dim, m = to.dim, r directions. */
interface BasisRow {
  /** `[d]`. */
  readonly points: Float32Array;
  /** `[m]`. */
  readonly values: Float32Array;
  /** `[r]`. */
  readonly singular_values: Float64Array;
  /** `[d, r]`. */
  readonly input_vectors: Matrix;
  /** `[m, r]`. */
  readonly output_vectors: Matrix;
  readonly route: number;
  /** `residuals` `[r]` of triplets that come from products, and the number of these. */
  readonly [further: string]: RowValue;
}

/** Without --samples. */
const SAMPLES = 1;

export const basis = rowsCommand({
  description:
    "Computes the local basis (the exact Jacobian and its singular value decomposition) at sampled or given points. Prints the singular values; --out keeps the vectors.",
  options: {
    ...mapOptions,
    ...denoisedOptions,
    ...pointOptions,
    samples: samplesOption("number of points to draw", SAMPLES),
    k: option("--k <k>", "leading directions to keep (default: all)", integer(1)),
    region: regionOption(),
    ...layoutOptions,
    ...rowOptions("points, values, singular values and vectors"),
    directionsOut: output(
      "--directions-out <file.safetensors>",
      "write the input vectors at the first point as a directions file, for edits",
    ),
    json,
  },
  async job(task) {
    const { options, terminal, signal, use } = task;
    const loaded = await loadTruncated(task);
    const map = await use(openMap(loaded, { ...options, to: loaded.denoiser?.denoised ?? options.to }));
    const region = await openRegion({ ...task, loaded, generator: map });
    const points = await codesOf(loaded, map, options, SAMPLES, signal);
    const k = wantedTriplets(map, options, terminal);
    const call = { signal, memoryBudget: options.memory };
    const isIterated = JacobianAt.of(map, await points.at(0), call).isIterated(k);
    return {
      what: "local bases",
      total: points.count,
      provenance: provenanceOf(loaded, map, "local basis", points.source, {
        k: k === Math.min(map.from.dim, map.to.dim) && options.k === undefined ? "all" : k,
        ...region?.entry,
      }),
      columns: columnsOf(map, points, k, isIterated),
      compute: async (index: number) => {
        const point = await points.at(index);
        const part = region ? await region.mapAt(map, point) : map;
        return rowOf(await restAfter(map, localBasisAt(part, point, { ...call, k })));
      },
      report: (rows: readonly BasisRow[], provenance: Provenance, complete: boolean) => ({
        json: () => toJson(rows, provenance),
        text: () => toText(rows, provenance),
        after: async () => {
          const [first] = rows;
          if (!complete || !first) return;
          await writeDirections(options.directionsOut, directionSet(first, provenance), terminal);
        },
      }),
      summary: {
        names: SPECTRUM_SUMMARY,
        of: ({ singular_values }: BasisRow) => spectrumSummary(singular_values),
      },
    };
  },
});

function rowOf(basis: LocalBasis): BasisRow {
  return {
    points: basis.point,
    values: basis.value,
    singular_values: basis.singularValues,
    input_vectors: basis.inputVectors,
    output_vectors: basis.outputVectors,
    route: routeCell(basis.route),
    ...defined({ residuals: basis.residuals, products: basis.products }),
  };
}

/** How far points that a mapping network made may lie apart on two machines. */
const MAPPED = 1e-4;

function columnsOf({ from, to }: OnnxMap, points: Codes, k: number, isIterated: boolean): Columns<BasisRow> {
  return {
    points: pointColumn(points, from.dim),
    values: { shape: [to.dim], dtype: "f4", isBulky: true },
    singular_values: { shape: [k], ...SPECTRUM },
    input_vectors: { shape: [from.dim, k], isBulky: true },
    output_vectors: { shape: [to.dim, k], isBulky: true },
    route: ROUTE_COLUMN,
    ...defined({
      residuals: isIterated ? { shape: [k], ...NOT_NEGATIVE } : undefined,
      products: isIterated ? { shape: [], isWhole: true, ...NOT_NEGATIVE } : undefined,
    }),
  };
}

function pointColumn({ at, count, source }: Codes, dim: number): Column {
  const isMapped = "drawnIn" in source && source.drawnIn !== undefined;
  return {
    shape: [dim],
    dtype: "f4",
    isBulky: true,
    at: (row) => (row < count ? at(row) : undefined),
    tolerance: isMapped ? MAPPED : 0,
  };
}

function directionSet(row: BasisRow, provenance: Provenance): DirectionSet {
  return {
    space: provenance.from,
    vectors: row.input_vectors,
    names: defaultNames(row.input_vectors.cols),
    values: { kind: "singular value", values: row.singular_values },
    method: "local basis",
    point: row.points,
    provenance,
  };
}

function toJson(rows: readonly BasisRow[], provenance: Provenance): object {
  const { from, to } = provenance;
  return {
    from,
    to,
    points: rows.map((row, index) => ({
      index,
      point: Array.from(row.points),
      singularValues: Array.from(row.singular_values),
      route: routeOf(row),
      residuals: row.residuals && Array.from(row.residuals as Float64Array),
      products: row.products,
    })),
    provenance,
  };
}

const SHOWN = 10;

function toText(bases: readonly BasisRow[], provenance: Provenance): string {
  const r = bases[0]?.singular_values.length ?? 0;
  const values = Array.from({ length: Math.min(r, SHOWN) }, (_, k) =>
    number<BasisRow>(`σ${k}`, ({ singular_values: s }) => significant(s[k], 5)),
  );
  const body = table(bases, [number("point", (_, index) => index), ...values]);
  const rest = r > SHOWN ? `\n${dim(`… ${r - SHOWN} more of each: --json or --out`)}` : "";
  const title = heading(spacesText(provenance.from, provenance.to), originOf(provenance));
  const { from, to } = provenance;
  const largest = bases.map(({ singular_values: [first = 0] }) => first);
  const remarks = stillnessRemark(from.name, to.name, largest).map((remark) => `\n${dim(remark)}`);
  return `${title}\n${body}${accuracyOf(bases)}${rest}${remarks.join("")}\n`;
}

/** A line on triplets that come from products. */
function accuracyOf(bases: readonly BasisRow[]): string {
  const residuals = bases.flatMap((basis) => [...((basis.residuals ?? []) as Float64Array)]);
  if (residuals.length === 0) return "";
  const most = Math.max(...bases.map((basis) => basis.products as number));
  return `\n${dim(iterationText(most, Math.max(...residuals)))}`;
}
