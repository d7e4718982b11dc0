// What happens in the explorer, for the element around it.

import type { DirectionKind, ExplorerDirections, ExplorerSpectrum } from "./engine.ts";
import type { PageState } from "./page-state.ts";

/** What the element tells the page. */
export interface ExplorerEvents {
  /** Another code is shown. */
  change(latent: Float32Array): void;
  basis(spectrum: ExplorerSpectrum, directions: ReadonlyMap<DirectionKind, ExplorerDirections>): void;
  error(error: unknown): void;
  /** The state of the page has changed: for the address. */
  pageState(pageState: PageState): void;
  /** A column's directions are to be saved. */
  save(directions: ExplorerDirections): void;
}
