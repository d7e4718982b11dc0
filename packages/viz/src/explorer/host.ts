// What the element offers to the page that it is on: its properties, methods and events.

import type { RgbaImage } from "../images/image.ts";
import type {
  CheckpointAnswers,
  DirectionKind,
  ExplorerDirections,
  ExplorerModel,
  ExplorerSpectrum,
  InputValues,
} from "./engine.ts";

/**
 * Attributes, each with a property of its name: `src`, URL of an ONNX file; `hash`, to keep the state of the page in its
 * address. Slot `samples`: links or buttons that are shown where no model is open.
 *
 * Events, all `CustomEvent`: see {@link ExplorerEventMap}.
 */
export interface VielbeinExplorer extends HTMLElement {
  /** URL of the ONNX file to open. */
  src: string;
  /** Whether the state of the page is kept in its address. */
  hash: boolean;
  /** The code shown, `[from.dim]`, as a copy. Setting it is {@link setCode}. */
  latent: Float32Array;
  /** The model that is open, and its spaces. */
  readonly model: ExplorerModel | undefined;
  /** The directions at hand, by the column that shows them. */
  readonly directions: ReadonlyMap<DirectionKind, ExplorerDirections>;
  /**
   * Goes to a code `[from.dim]`; resolves once the directions are found there or the search was given up.
   *
   * @throws {VielbeinError} at once: `INVALID_ARGUMENT` where no model is open, `SHAPE_MISMATCH` for a code of another
   *   size, `NOT_FINITE`.
   */
  setCode(code: ArrayLike<number>): Promise<void>;
  /**
   * Opens a model; resolves once its directions are found.
   *
   * @throws {VielbeinError} `INVALID_ARGUMENT` at once for anything else, or where the element is on no page; what is
   *   wrong with the model rejects the promise, and is the event `error` too.
   */
  loadModel(source: ModelSource, options?: LoadModelOptions): Promise<void>;
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

/** An address, a file, or the bytes of one. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** Name and further inputs of a model that is opened, and what a checkpoint does not say by itself. */
export interface LoadModelOptions {
  /** Default: that of the file or the address, else `model.onnx`. */
  readonly name?: string | undefined;
  /** Values of the inputs beside the code, by name. Default: zeros. */
  readonly set?: InputValues | undefined;
  /** Default: the page asks for what is needed. */
  readonly checkpoint?: CheckpointAnswers | undefined;
}

/** The events of `<vielbein-explorer>` by name. */
export interface ExplorerEventMap {
  /** Another code is shown. */
  readonly change: CustomEvent<{ readonly latent: Float32Array }>;
  /** The same with its picture, for sketches that draw on. */
  readonly frame: CustomEvent<{ readonly latent: Float32Array; readonly image: RgbaImage }>;
  /** A model was opened. */
  readonly model: CustomEvent<{ readonly model: ExplorerModel }>;
  /** Singular values or directions have been found. */
  readonly basis: CustomEvent<{
    readonly spectrum: ExplorerSpectrum;
    readonly directions: ReadonlyMap<DirectionKind, ExplorerDirections>;
  }>;
  /** What went wrong, also where a promise was rejected with it. */
  readonly error: CustomEvent<{ readonly error: unknown }>;
}
