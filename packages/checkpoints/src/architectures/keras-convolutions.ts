// Keras's convolutions. Its padding "same" is that of TensorFlow: what is odd goes to the bottom and the right.

import { int, ints } from "@vielbein/onnx/graph";
import type { Name } from "../build/network.ts";
import { permuted } from "../tensors/arrays.ts";
import { type Values, valuesOf } from "../tensors/tensor.ts";
import { activated } from "./keras-activations.ts";
import { imageShape, type Layer, type Value, variable } from "./keras-values.ts";

/** Along one axis. */
interface Extent {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Before. */
  readonly size: number;
}

/** A kernel of shape [h, w, …] as [channels and channels, h, w], both kinds of convolution having the axes in reverse order. */
function kernelOf(layer: Layer, channels: readonly [number, number]): Values {
  const shape = [...layer.config.pair("kernel_size"), ...channels];
  return permuted(valuesOf(variable(layer, "kernel", 0, shape)), [3, 2, 0, 1]);
}

function extentsOf(layer: Layer, x: Value): [Extent, Extent] {
  const { config } = layer;
  const [height, width] = imageShape(layer, x);
  const [kernels, strides, dilations] = [
    config.pair("kernel_size"),
    config.pair("strides", 1),
    config.pair("dilation_rate", 1),
  ];
  const along = (i: 0 | 1, size: number): Extent => ({
    kernel: kernels[i],
    stride: strides[i],
    dilation: dilations[i],
    size,
  });
  return [along(0, height), along(1, width)];
}

function isSame({ config }: Layer): boolean {
  const padding = config.text("padding", "valid");
  if (padding !== "same" && padding !== "valid") throw config.wrong(`has the padding ${padding}`);
  return padding === "same";
}

function operands(layer: Layer, x: Value, weight: Values): Name[] {
  const { network, config } = layer;
  const inputs = [x.tensor, network.weight("kernel", weight)];
  if (config.flag("use_bias", true))
    inputs.push(network.weight("bias", variable(layer, "bias", 1, [config.count("filters")])));
  return inputs;
}

function geometry(extents: readonly Extent[], before: readonly number[], after: readonly number[]) {
  return {
    kernel_shape: ints(extents.map(({ kernel }) => kernel)),
    strides: ints(extents.map(({ stride }) => stride)),
    dilations: ints(extents.map(({ dilation }) => dilation)),
    pads: ints([...before, ...after]),
  };
}

/** Of x [n, c, h, w]. */
export function convolution2d(layer: Layer, x: Value): Value {
  const { network, config } = layer;
  const extents = extentsOf(layer, x);
  const reach = ({ kernel, dilation }: Extent): number => (kernel - 1) * dilation + 1;
  const same = isSame(layer);
  const sizes = extents.map((extent) =>
    same
      ? Math.ceil(extent.size / extent.stride)
      : Math.floor((extent.size - reach(extent)) / extent.stride) + 1,
  );
  const totals = extents.map((extent, i) =>
    same ? Math.max((sizes[i] - 1) * extent.stride + reach(extent) - extent.size, 0) : 0,
  );
  const before = totals.map((total) => total >> 1);
  const after = totals.map((total, i) => total - before[i]);
  const [filters, groups] = [config.count("filters"), config.count("groups", 1)];
  if (x.shape[2] % groups !== 0 || filters % groups !== 0)
    throw config.wrong(`has ${groups} groups of ${x.shape[2]} channels and ${filters} filters`);
  const weight = kernelOf(layer, [x.shape[2] / groups, filters]);
  const attributes = { ...geometry(extents, before, after), group: int(groups) };
  const tensor = network.op("Conv", operands(layer, x, weight), attributes);
  return activated(layer, { tensor, shape: [...sizes, filters] }, config.get("activation"));
}

/** Of x [n, c, h, w]: what the gradient of a convolution with the same padding would be. */
export function transposedConvolution2d(layer: Layer, x: Value): Value {
  const { network, config } = layer;
  const extents = extentsOf(layer, x);
  const isPlain =
    extents.every(({ dilation }) => dilation === 1) && (config.get("output_padding") ?? null) === null;
  if (!isPlain) throw config.wrong("has a dilation, or a padding of its output");
  if (config.count("groups", 1) !== 1) throw config.wrong("has groups");
  const same = isSame(layer);
  const cropped = extents.map(({ kernel, stride }) => (same ? Math.max(kernel - stride, 0) : 0));
  // A kernel that is shorter than the stride leaves zeros at the end.
  const further = extents.map(({ kernel, stride }) => Math.max(stride - kernel, 0));
  const sizes = extents.map(
    ({ size, kernel, stride }, i) => (size - 1) * stride + kernel - cropped[i] + further[i],
  );
  const before = cropped.map((total) => total >> 1);
  const after = cropped.map((total, i) => total - before[i]);
  const filters = config.count("filters");
  const weight = kernelOf(layer, [filters, x.shape[2]]);
  const attributes = { ...geometry(extents, before, after), output_padding: ints(further) };
  const tensor = network.op("ConvTranspose", operands(layer, x, weight), attributes);
  return activated(layer, { tensor, shape: [...sizes, filters] }, config.get("activation"));
}
