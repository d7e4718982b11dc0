// Finds the directions of all columns at a code, and fills the columns with them as they come: those that cost little
// at once, those of samples after the Local Basis.

import type { StepUnit } from "./code.ts";
import type { Column } from "./column.ts";
import type { Columns } from "./columns.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerRegion,
  ExplorerSpectrum,
  LocalBasisReply,
  ProgressOptions,
} from "./engine.ts";
import { errorText } from "./error-text.ts";
import type { StepsByKind } from "./page-state.ts";

export interface Search {
  readonly anchor: Float32Array;
  /** Where the sliders are put. */
  readonly steps: StepsByKind;
  /** Bytes of the directions that were opened last. */
  readonly file: Uint8Array | undefined;
  readonly region: ExplorerRegion | undefined;
  readonly signal: AbortSignal;
  /** In force when directions arrive. */
  unit(): StepUnit;
  /** A spectrum has been found. */
  showSpectrum(spectrum: ExplorerSpectrum): void;
  /** A column can be moved. */
  refresh(): void;
  /** The share of the present step that is done. */
  tell(share: number): void;
  /** The model has no directions of some kind. */
  error(error: unknown): void;
}

/** Kinds that cost seconds of samples. */
const OF_SAMPLES: readonly DirectionKind[] = ["pca", "metric"];

/**
 * Fills the columns that wait for directions.
 *
 * @param isKnown whether the Local Basis here was found before, and its column does not wait.
 */
export async function fillColumns(
  engine: ExplorerEngine,
  columns: Columns,
  search: Search,
  isKnown: boolean,
): Promise<void> {
  const waiting = columns.all.filter(({ isWaiting, kind }) => isWaiting && kind !== "basis");
  const cheap = waiting.filter(({ kind }) => !OF_SAMPLES.includes(kind));
  const basis = isKnown ? [] : [fillBasis(engine, columns.column("basis"), search)];
  await Promise.all([...basis, ...cheap.map((column) => fillColumn(engine, column, search))]);
  for (const column of waiting.filter(({ kind }) => OF_SAMPLES.includes(kind))) {
    await fillColumn(engine, column, search);
  }
  columns.settle();
  search.refresh();
}

/** The directions of a column other than the Local Basis; what the model has none of says so. */
export async function fillColumn(engine: ExplorerEngine, column: Column, search: Search): Promise<void> {
  const { kind } = column;
  if (kind === "basis") return fillBasis(engine, column, search);
  const take = taking(column, search);
  try {
    const reply = await findDirections(engine, kind, search, (found) => {
      if (take(found)) search.refresh();
    });
    take(reply, true);
    search.refresh();
  } catch (error) {
    if (search.signal.aborted) throw error;
    column.clear(`No directions of this kind here. ${errorText(error)}`);
    search.error(error);
  }
}

/** Fills a column with what is found, and says whether it did: sliders that are moved already stay where they are. */
function taking(column: Column, search: Search): (found: ExplorerDirections, isLast?: boolean) => boolean {
  const wanted = search.steps[column.kind] ?? [];
  let isMovable = false;
  return (found, isLast = false) => {
    // The address may have moved sliders that are not there yet.
    if (!isLast && found.set.names.length < wanted.length) return false;
    column.take(found, isMovable ? column.steps : wanted, search.unit());
    isMovable = true;
    return true;
  };
}

async function findDirections(
  engine: ExplorerEngine,
  kind: Exclude<DirectionKind, "basis">,
  { anchor, file, region, signal, tell }: Search,
  found: (directions: ExplorerDirections) => void,
): Promise<ExplorerDirections> {
  const isSlow = OF_SAMPLES.includes(kind);
  const options: ProgressOptions<ExplorerDirections> = {
    signal,
    progress: (progress) => {
      if (isSlow) tell(progress.share);
      if (progress.found) found(progress.found);
    },
  };
  switch (kind) {
    case "file":
      if (!file) throw new Error("No file of directions is open.");
      return engine.open(file, anchor, options);
    case "region":
      if (!region) throw new Error("Mark a region on the picture.");
      return engine.region(anchor, region, options);
    default:
      return engine.directions(kind, anchor, options);
  }
}

/** Local Basis at the anchor: one can move along the first directions while the others are looked for. */
async function fillBasis(engine: ExplorerEngine, column: Column | undefined, search: Search): Promise<void> {
  const take = column && taking(column, search);
  const progress: ProgressOptions<LocalBasisReply>["progress"] = ({ share, found }) => {
    search.tell(share);
    if (!found) return;
    search.showSpectrum(found.spectrum);
    if (take?.(found)) search.refresh();
  };
  const basis = await engine.basis(search.anchor, { signal: search.signal, progress });
  search.showSpectrum(basis.spectrum);
  take?.(basis, true);
  search.refresh();
}
