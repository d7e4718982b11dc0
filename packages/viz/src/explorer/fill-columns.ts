// Finds the directions of all columns at a code, and fills the columns with them as they come.

import type { StepUnit } from "./code.ts";
import type { Columns } from "./columns.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerSpectrum,
  LocalBasisReply,
} from "./engine.ts";
import type { StepsByKind } from "./page-state.ts";

export interface Search {
  readonly anchor: Float32Array;
  /** Where the sliders are put. */
  readonly steps: StepsByKind;
  /** Bytes of the directions that were opened last. */
  readonly file: Uint8Array | undefined;
  readonly signal: AbortSignal;
  /** In force when directions arrive. */
  unit(): StepUnit;
  /** A spectrum has been found. */
  showSpectrum(spectrum: ExplorerSpectrum): void;
  /** A column can be moved. */
  refresh(): void;
  /** The model has no directions of some kind. */
  error(error: unknown): void;
}

/** @returns the Local Basis, which is found in any case. */
export async function fillColumns(
  engine: ExplorerEngine,
  columns: Columns,
  search: Search,
): Promise<LocalBasisReply> {
  const { steps, signal } = search;
  const basis = await findBasis(engine, columns, search);
  for (const column of columns.all) {
    const { kind } = column;
    if (kind === "basis") continue;
    try {
      const found = await findDirections(engine, kind, search);
      column.take(found, steps[kind] ?? [], search.unit());
    } catch (error) {
      if (signal.aborted) throw error;
      column.clear(`No directions of this kind here. ${error instanceof Error ? error.message : error}`);
      search.error(error);
    }
  }
  columns.settle();
  search.refresh();
  return basis;
}

async function findDirections(
  engine: ExplorerEngine,
  kind: Exclude<DirectionKind, "basis">,
  { anchor, file, signal }: Search,
): Promise<ExplorerDirections> {
  if (kind !== "file") return engine.directions(kind, anchor, { signal });
  if (!file) throw new Error("No file of directions is open.");
  return engine.open(file, anchor, { signal });
}

/** Local Basis at the anchor: one can move along the first directions while the others are looked for. */
async function findBasis(
  engine: ExplorerEngine,
  columns: Columns,
  { anchor, steps: { basis: steps = [] }, signal, ...search }: Search,
): Promise<LocalBasisReply> {
  const column = columns.column("basis");
  let isMovable = false;
  const take = (found: LocalBasisReply): void => {
    search.showSpectrum(found.spectrum);
    column?.take(found, isMovable ? column.steps : steps, search.unit());
  };
  const progress = (found: LocalBasisReply): void => {
    // The address may have moved sliders that are not there yet.
    if (found.set.names.length < steps.length) return;
    take(found);
    isMovable = true;
    search.refresh();
  };
  const basis = await engine.basis(anchor, { signal, progress });
  take(basis);
  return basis;
}
