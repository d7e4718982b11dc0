// What the element offers to the page that it is on: its properties, methods and events.

import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerModel,
  ExplorerSpectrum,
  InputValues,
} from "./engine.ts";

/**
 * Attributes: `src`, URL of an ONNX file; `hash`, to keep the state of the page in its address.
 *
 * Events, all `CustomEvent`: `change` (`detail.latent`), when another code is shown; `basis` (`detail.spectrum`,
 * `detail.directions`), when singular values or directions have been found; `error` (`detail.error`).
 */
export interface VielbeinExplorer extends HTMLElement {
  /** The code shown, `[from.dim]`, as a copy. Setting it moves there and finds the directions anew. */
  latent: Float32Array;
  /** The model that is open, and its spaces. */
  readonly model: ExplorerModel | undefined;
  /** The directions at hand, by the column that shows them. */
  readonly directions: ReadonlyMap<DirectionKind, ExplorerDirections>;
  /**
   * Opens a model; resolves once its directions are found or the attempt has failed (event `error`). `set`: values of
   * its inputs beside the code, by name; default: zeros.
   */
  open(file: Blob, name: string, options?: { readonly set?: InputValues }): Promise<void>;
  /**
   * Animated PNG of the selected direction, from one end of its slider to the other and back; `frames` one way, default
   * 13.
   */
  exportAnimation(options?: { readonly frames?: number }): Promise<Blob>;
}

export interface ExplorerEventMap {
  readonly change: CustomEvent<{ readonly latent: Float32Array }>;
  readonly basis: CustomEvent<{
    readonly spectrum: ExplorerSpectrum;
    readonly directions: ReadonlyMap<DirectionKind, ExplorerDirections>;
  }>;
  readonly error: CustomEvent<{ readonly error: unknown }>;
}
