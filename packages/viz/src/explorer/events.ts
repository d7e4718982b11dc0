// What happens in the explorer, for the element around it.

import type { RgbaImage } from "../images/image.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerFile,
  ExplorerModel,
  ExplorerRegion,
  ExplorerSpectrum,
} from "./engine.ts";
import type { PageState } from "./page-state.ts";

/** What the element tells the page. */
export interface ExplorerEvents {
  /** Another code is shown, and its picture. */
  change(latent: Float32Array, image: RgbaImage): void;
  basis(spectrum: ExplorerSpectrum, directions: ReadonlyMap<DirectionKind, ExplorerDirections>): void;
  /** A model was opened. */
  model(model: ExplorerModel, file: ExplorerFile): void;
  /** The region that is marked was restored. */
  region(region: ExplorerRegion | undefined): void;
  error(error: unknown): void;
  /** The state of the page has changed: for the address. */
  pageState(pageState: PageState): void;
  /** A column's directions are to be saved. */
  save(directions: ExplorerDirections): void;
  /** One of them is to be kept. */
  keep(directions: ExplorerDirections, k: number): void;
}
