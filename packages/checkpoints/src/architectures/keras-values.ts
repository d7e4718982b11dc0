// Tensors of a Keras model on their way through it.

import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import type { StoredTensor } from "../tensors/tensor.ts";
import type { Constant, LayerConfig } from "./keras-config.ts";

export interface Value {
  readonly tensor: Name;
  /** As Keras has it, without the batch: [h, w, c] of images. */
  readonly shape: readonly number[];
  /** Of black and white, where an activation that has bounds made it, and nothing changed it since. */
  readonly range?: string | undefined;
  /** Of whole numbers, such as classes, which an embedding alone can read. */
  readonly isIndices?: boolean;
}

/** What a layer is written with. */
export interface Layer {
  readonly network: Network;
  readonly weights: Weights;
  readonly config: LayerConfig;
  readonly constants: readonly Constant[];
}

/** Of images the channels come first. */
export function physicalShape(shape: readonly number[]): readonly number[] {
  return shape.length === 3 ? [shape[2], shape[0], shape[1]] : shape;
}

/** Axis of the tensor that is an axis of Keras's, both with the batch. */
export function physicalAxis(axis: number, shape: readonly number[]): number {
  const counted = axis < 0 ? axis + shape.length + 1 : axis;
  return shape.length === 3 ? ([0, 2, 3, 1][counted] ?? counted) : counted;
}

/**
 * A variable by its name, or by its number where the file has that alone.
 *
 * @param shape that the configuration of the layer gives it.
 */
export function variable(
  { weights, config }: Layer,
  name: string,
  index: number,
  shape: readonly number[],
): StoredTensor {
  const prefix = `keras.${config.name}`;
  const found =
    weights.find(`${prefix}.${name}`) ??
    weights.find(`${prefix}.${index}`) ??
    weights.tensor(`${prefix}.${name}`);
  if (found.shape.join() === shape.join()) return found;
  throw config.wrong(`has a ${name} of shape [${found.shape}], where [${shape}] is due`);
}

export function requireChannelsLast({ config }: Layer): void {
  if (config.text("data_format", "channels_last") !== "channels_last")
    throw config.wrong("has its channels first");
}

/** Height, width and channels of an image. */
export function imageShape(layer: Layer, { shape }: Value): readonly [number, number, number] {
  if (shape.length !== 3)
    throw layer.config.wrong(`is given a tensor of shape [${shape}], where an image is due`);
  requireChannelsLast(layer);
  return shape as readonly number[] as readonly [number, number, number];
}
