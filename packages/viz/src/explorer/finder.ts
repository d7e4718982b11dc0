// Finds the directions of the columns that wait for some: all of them at a code, or those of a region while it is drawn.

import { VielbeinError } from "@vielbein/core";
import type { StepUnit } from "./code.ts";
import type { Columns } from "./columns.ts";
import type { ExplorerEngine, ExplorerRegion, ExplorerSpectrum } from "./engine.ts";
import { fillColumn, fillColumns, type Search } from "./fill-columns.ts";
import { Latest } from "./latest.ts";
import type { StepsByKind } from "./page-state.ts";

/** Milliseconds within which directions follow what is drawn. */
const QUICK = 700;

export interface FinderEvents {
  /** In force when directions arrive. */
  unit(): StepUnit;
  showSpectrum(spectrum: ExplorerSpectrum): void;
  /** A column can be moved. */
  refresh(): void;
  tell(share: number): void;
  error(error: unknown): void;
}

export class Finder {
  readonly #engine: ExplorerEngine;
  readonly #columns: Columns;
  readonly #events: FinderEvents;
  readonly #regions = new Latest();
  /** Milliseconds that the last region took. */
  #regionTime = Number.POSITIVE_INFINITY;
  /** Bytes of the directions that were opened last. */
  #file: Uint8Array | undefined;
  /** The anchor at which the Local Basis was found. */
  #foundAt: Float32Array | undefined;

  constructor(engine: ExplorerEngine, columns: Columns, events: FinderEvents) {
    this.#engine = engine;
    this.#columns = columns;
    this.#events = events;
  }

  /** Directions at the anchor for all columns that wait for some. */
  async find(
    anchor: Float32Array,
    steps: StepsByKind,
    region: ExplorerRegion | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const isKnown = anchor === this.#foundAt && !this.#columns.column("basis")?.isWaiting;
    await fillColumns(this.#engine, this.#columns, this.#search(anchor, steps, region, signal), isKnown);
    this.#foundAt = anchor;
  }

  /**
   * Takes directions of a file into a column of their own, which then waits for them.
   *
   * @throws what the engine says of a file that does not fit; it changes nothing.
   */
  async open(file: Uint8Array, name: string, anchor: Float32Array, signal: AbortSignal): Promise<void> {
    await this.#engine.open(file, anchor, { signal }).catch((error) => {
      if (!(error instanceof VielbeinError)) throw error;
      throw new VielbeinError(error.code, `"${name}": ${error.message}`, { cause: error });
    });
    this.#file = file;
    this.#columns.choose([...this.#columns.kinds, "file"]);
    this.#columns.column("file")?.wait();
    this.#columns.selection = { kind: "file", k: 0 };
  }

  /** Whether all directions at an anchor were found. */
  hasFoundAt(anchor: Float32Array): boolean {
    return anchor === this.#foundAt;
  }

  get isRegionQuick(): boolean {
    return this.#regionTime < QUICK;
  }

  /** Directions of a region in a column of their own: of the latest one, however fast it is drawn. */
  mark(anchor: Float32Array, region: ExplorerRegion, signal: AbortSignal): void {
    if (!this.#columns.column("region")) this.#columns.choose([...this.#columns.kinds, "region"]);
    const column = this.#columns.column("region");
    column?.wait();
    this.#columns.selection = { kind: "region", k: 0 };
    this.#regions.run(async () => {
      if (!column?.isWaiting) return;
      const start = performance.now();
      try {
        await fillColumn(this.#engine, column, this.#search(anchor, {}, region, signal));
        this.#regionTime = performance.now() - start;
      } catch (error) {
        this.#events.error(error);
      }
    });
  }

  #search(
    anchor: Float32Array,
    steps: StepsByKind,
    region: ExplorerRegion | undefined,
    signal: AbortSignal,
  ): Search {
    return { anchor, steps, region, file: this.#file, signal, ...this.#events };
  }
}
