// The port behind the explorer: who reads the model, draws samples and finds directions. The element knows no ONNX and
// no engine; an implementation keeps all heavy work off the page's thread.

import type {
  CallOptions,
  DerivativeRoute,
  DirectionSet,
  InputSetting,
  OutsideRule,
  Space,
} from "@vielbein/core";
import type { LocalDimension } from "@vielbein/core/dimension";
import type { RgbaImage } from "../images/image.ts";
import type { RegionMask } from "./region/mask.ts";

/**
 * How directions are found. `basis`: Local Basis, the singular vectors of the Jacobian at a point. `sefa`: closed-form
 * factorisation of the weights. `pca`: principal components of samples (GANSpace). `metric`: axes of the metric
 * averaged over samples. `region`: directions that move a region of the picture. `file`: directions that were opened.
 */
export type DirectionKind = "basis" | "sefa" | "pca" | "metric" | "region" | "file";

/** Values of inputs by name. */
export type InputValues = Readonly<Record<string, InputSetting>>;

/** Extents of axes that the model's file leaves open, by their names. */
export type AxisExtents = Readonly<Record<string, number>>;

/** An input beside the code: a class label, noise, a condition. */
export interface ExplorerInput {
  /** Name of the input. */
  readonly name: string;
  /** Shape of one value, without the batch axis. */
  readonly shape: readonly number[];
  /** Whether its elements are integers. */
  readonly isInteger: boolean;
}

/**
 * What truncation by ψ does. `mean`: pulls samples toward the mean of `space`, which is the end of the mapping network
 * or the space that is edited. `scale`: scales samples of the input about the mean of their prior. `graph`: `space`,
 * the end of the mapping network, comes after the space that is edited, so all maps are those of the truncated
 * generator.
 */
export interface ExplorerTruncation {
  /** Toward the mean of an inner space, by scaling an input, or by an input of the graph. */
  readonly kind: "mean" | "scale" | "graph";
  /** Name of the space that is truncated. */
  readonly space: string;
  /** ψ of the maps: differs from 1 only for `graph`, where another ψ takes another call of `choose`. */
  readonly psi: number;
}

/** How the outputs of a model are drawn. */
export interface ExplorerLayout {
  /** As `hwc:64,64,3`. */
  readonly layout: string;
  /** What a picture of this layout shows. */
  readonly shows: "image" | "sheet" | "classes" | "signal";
  /** Who says so: the person, the model's metadata, or the shape. */
  readonly from: "choice" | "model" | "shape";
  /** Layouts to choose from, including this one. */
  readonly possible: readonly string[];
  /** What colours stand for: classes, or channels of signals. */
  readonly keys: readonly { readonly label: string; readonly colour: string }[];
}

/** The model that is open in the explorer. */
export interface ExplorerModel {
  /** Name of the file, to be shown. */
  readonly name: string;
  /** SHA-256 of the file, in hexadecimal digits; empty where the browser gives none. */
  readonly sha256: string;
  /** Engine and provider. */
  readonly runtime: string;
  /** Spaces that can be edited, in the model's order; the first is its input. */
  readonly froms: readonly Space[];
  /** Spaces whose change can be measured, in the model's order, all of them after `from`. */
  readonly tos: readonly Space[];
  /** The space of the codes. */
  readonly from: Space;
  /** The space of the outputs. */
  readonly to: Space;
  /** Inputs beside the code. */
  readonly inputs: readonly ExplorerInput[];
  /** Their values, where they were set; the others are zero. */
  readonly set: InputValues;
  /** All axes that the file leaves open, except the batch. */
  readonly extents: AxisExtents;
  /** What was assumed about the file, in words. */
  readonly remarks: readonly string[];
  /** How codes are truncated. */
  readonly truncation: ExplorerTruncation;
  /** How outputs are shown. */
  readonly layout: ExplorerLayout;
  /** Where the file is a checkpoint: what it was read with, if anything. */
  readonly checkpoint?: CheckpointAnswers | undefined;
  /** Standard deviation of a coordinate of `from` over the samples: the unit of the sliders. */
  readonly deviation: number;
}

/** Directions of one method at the point shown, with what their rows show. */
export interface ExplorerDirections {
  /** The directions. */
  readonly set: DirectionSet;
  /** Standard deviation of the codes along each direction. */
  readonly deviations: Float64Array;
  /** ‖J·v‖ at the point: length of output per length of input, along each direction; empty until it is known. */
  readonly speeds: Float64Array;
  /** How the derivative was computed, where the directions are read off it. */
  readonly route?: DerivativeRoute | undefined;
  /** How far to trust directions of samples. */
  readonly certainty?: ExplorerCertainty | undefined;
  /** Of a region: how far each direction moves it and the rest, per length of input. */
  readonly inside?: Float64Array | undefined;
  /** How far each moves the rest, per length of input. */
  readonly outside?: Float64Array | undefined;
}

/** How many samples directions rest on, and whether more would change them. */
export interface ExplorerCertainty {
  /** Samples so far, `of` as many. */
  readonly samples: number;
  /** Samples there will be. */
  readonly of: number;
  /** Mean squared cosine between the leading directions and those of half as many samples. */
  readonly agreement?: number | undefined;
}

/** A region of the picture, and what becomes of the rest. */
export interface ExplorerRegion {
  /** Which part of the picture the region is. */
  readonly mask: RegionMask;
  /** What is asked of the other pixels. */
  readonly outside: OutsideRule;
}

/** Singular values at the point shown, and the local dimension. */
export interface ExplorerSpectrum {
  /** Singular values of the Jacobian at the point, descending: all of them, or the leading ones. */
  readonly singularValues: Float64Array;
  /** Absent where only leading values are known. */
  readonly dimension?: LocalDimension | undefined;
  /** How the derivative was computed. */
  readonly route?: DerivativeRoute | undefined;
}

/** The spaces between which the explorer works, and the values of everything else that the model wants. */
export interface SpacesChoice {
  /** Name of the space of the codes. Default: the model's input. */
  readonly from?: string | undefined;
  /** Name of the space of the outputs. Default: the model's output. */
  readonly to?: string | undefined;
  /** Values of the inputs beside the code. Default: zeros; when choosing again, the current ones. */
  readonly set?: InputValues | undefined;
  /** Default: 8 each; when choosing again, the current ones. */
  readonly extents?: AxisExtents | undefined;
  /**
   * How outputs are drawn, e.g. `hwc:64,64,3`. Default: as the model states, else as the shape suggests; when choosing
   * again, the current one.
   */
  readonly layout?: string | undefined;
  /** ψ, where truncation is part of the maps. Default 1; when choosing again, the current one. */
  readonly truncation?: number | undefined;
  /** What is read with the file: choosing again leaves it as it is. */
  readonly checkpoint?: CheckpointAnswers | undefined;
}

/** What the engine replies when it is asked for the local basis. */
export interface LocalBasisReply extends ExplorerDirections {
  /** Singular values at the point, and the dimension read off them. */
  readonly spectrum: ExplorerSpectrum;
}

/** How far a call has got. */
export interface Progress<Reply> {
  /** The share of the work that is done, from 0 to 1. */
  readonly share: number;
  /** What has been found so far, where that is of use. */
  readonly found?: Reply | undefined;
}

/** A signal for a call to the engine, and who is told of results that are not final. */
export interface ProgressOptions<Reply> extends CallOptions {
  /** Told of what is found before the result. */
  readonly progress?: ((progress: Progress<Reply>) => void) | undefined;
}

/** How an animation is played. */
export type Playback = "once" | "there and back";

/** What a checkpoint does not say by itself. */
export interface CheckpointAnswers {
  /** Class of a conditional generator, from 0. */
  readonly label?: number | undefined;
  /** Between its layers and behind the last: `relu,tanh`. */
  readonly activation?: string | undefined;
  /** Height and width of the image. */
  readonly size?: number | undefined;
}

/** A model's file. */
export interface ExplorerFile {
  /** Name of the file, without its folder. */
  readonly name: string;
  /** A blob is read by the engine, so that the page's thread need not copy it. */
  readonly bytes: Uint8Array | Blob;
  /** SHA-256 of the file that the bytes come from, in hexadecimal digits. Default: that of the bytes. */
  readonly sha256?: string | undefined;
}

/** Calls may overlap; an aborted one is rejected with an `AbortError`. */
export interface ExplorerEngine {
  /** Reads a model, and forgets the one before. */
  load(file: ExplorerFile, spaces: SpacesChoice, options?: CallOptions): Promise<ExplorerModel>;
  /** Other spaces of the same model, or other values of its further inputs. */
  choose(spaces: SpacesChoice, options?: CallOptions): Promise<ExplorerModel>;
  /** Draws outputs by another layout from now on, e.g. `hwc:64,64,3`. */
  arrange(layout: string, options?: CallOptions): Promise<ExplorerModel>;
  /** The point of `from`, `[from.dim]`, that belongs to a seed, truncated by ψ = `truncation`. */
  sample(seed: number, truncation: number, options?: CallOptions): Promise<Float32Array>;
  /** Images of points `[count, from.dim]`. */
  render(points: Float32Array, count: number, options?: CallOptions): Promise<RgbaImage[]>;
  /** The same, reduced to `side` pixels where they are longer. */
  thumbnails(points: Float32Array, count: number, side: number, options?: CallOptions): Promise<RgbaImage[]>;
  /** How far the image of a point `[from.dim]` is from that of another. */
  difference(point: Float32Array, reference: Float32Array, options?: CallOptions): Promise<RgbaImage>;
  /** Where in the image at a point a direction `[from.dim]` acts: |J·v|, to lay over it. */
  heat(point: Float32Array, direction: Float32Array, options?: CallOptions): Promise<RgbaImage>;
  /** Animated PNG of points `[count, from.dim]`. */
  animate(
    points: Float32Array,
    count: number,
    playback: Playback,
    options?: CallOptions,
  ): Promise<Uint8Array>;
  /** Local Basis at a point `[from.dim]`, its leading directions first. */
  basis(point: Float32Array, options?: ProgressOptions<LocalBasisReply>): Promise<LocalBasisReply>;
  /** Directions that hold everywhere, with their speeds at a point; of samples, after a few of them already. */
  directions(
    kind: "sefa" | "pca" | "metric",
    point: Float32Array,
    options?: ProgressOptions<ExplorerDirections>,
  ): Promise<ExplorerDirections>;
  /** Directions that move a region of the picture at a point. */
  region(
    point: Float32Array,
    region: ExplorerRegion,
    options?: ProgressOptions<ExplorerDirections>,
  ): Promise<ExplorerDirections>;
  /** The directions of a file, with their speeds at a point. */
  open(
    file: Uint8Array,
    point: Float32Array,
    options?: ProgressOptions<ExplorerDirections>,
  ): Promise<ExplorerDirections>;
  /** Bytes of a directions file. */
  save(set: DirectionSet, options?: CallOptions): Promise<Uint8Array>;
  /** Ends everything, including what is under way. */
  dispose(): void;
}
