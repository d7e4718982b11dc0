// The layers of Keras that generators are made of, by the names of their classes.

import { elementCount, float, int } from "@vielbein/onnx/graph";
import { enlarged } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import { KERAS_ENGINE } from "../files/keras.ts";
import { permuted } from "../tensors/arrays.ts";
import { activated } from "./keras-activations.ts";
import type { Constant } from "./keras-config.ts";
import { convolution2d, transposedConvolution2d } from "./keras-convolutions.ts";
import {
  imageShape,
  type Layer,
  physicalAxis,
  requireChannelsLast,
  type Value,
  variable,
} from "./keras-values.ts";

type Write = (layer: Layer, given: readonly Value[]) => Value;

const unchanged: Write = (_, [x]) => x;

/** Along the last axis: every pixel of an image by itself. */
const dense: Write = (layer, [x]) => {
  const { network, config } = layer;
  const units = config.count("units");
  const kernel = network.weight("kernel", variable(layer, "kernel", 0, [x.shape.at(-1) ?? 0, units]));
  const bias = config.flag("use_bias", true)
    ? [network.weight("bias", variable(layer, "bias", 1, [units]))]
    : [];
  const shape = [...x.shape.slice(0, -1), units];
  const isVector = x.shape.length === 1;
  const product = isVector
    ? network.op("Gemm", [x.tensor, kernel, ...bias])
    : bias.reduce(
        (sum, shift) => network.op("Add", [sum, shift]),
        network.op("MatMul", [channelsLast(network, x), kernel]),
      );
  return activated(layer, channelsFirst(network, product, shape), config.get("activation"));
};

/** Constant after training: a factor and a shift for each channel. */
const batchNormalization: Write = (layer, [x]) => {
  const { network, config } = layer;
  const axis = config.get("axis") ?? -1;
  const last = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  if (last !== -1 && last !== x.shape.length) throw config.wrong("normalises another axis than the last");
  const channels = x.shape[x.shape.length - 1];
  const [scales, centres] = [config.flag("scale", true), config.flag("center", true)];
  const read = (name: string, place: number) => variable(layer, name, place, [channels]).read();
  const index = Number(scales) + Number(centres);
  const gamma = scales ? read("gamma", 0) : new Float32Array(channels).fill(1);
  const beta = centres ? read("beta", Number(scales)) : new Float32Array(channels);
  const mean = read("moving_mean", index);
  const variance = read("moving_variance", index + 1);
  const epsilon = config.number("epsilon", 1e-3);
  if (epsilon < 0) throw config.wrong(`has an epsilon of ${epsilon}, and at least 0 is due`);
  const gain = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c] + epsilon));
  const shift = Float32Array.from(beta, (value, c) => value - mean[c] * gain[c]);
  const shape = x.shape.length === 3 ? [1, channels, 1, 1] : [1, channels];
  const factor = network.weight("gain", { shape, data: Float32Array.from(gain) });
  const scaled = network.op("Mul", [x.tensor, factor]);
  const tensor = network.op("Add", [scaled, network.weight("shift", { shape, data: shift })]);
  return { tensor, shape: x.shape };
};

/** As a tensor of the rank of another, of one element along the batch and along the axes that the constant lacks. */
function constantOperand(
  { network, config }: Layer,
  constant: Constant,
  { length: rank }: readonly number[],
): Value {
  const lacking = Math.max(rank + 1 - constant.shape.length, 0);
  const [batch, ...shape] = [...new Array<number>(lacking).fill(1), ...constant.shape];
  if (batch !== 1 || shape.length !== rank)
    throw config.wrong(`is given a constant of shape [${constant.shape}]`);
  const values = { shape: [1, ...shape], data: Float32Array.from(constant.values) };
  const operand = rank === 3 ? permuted(values, [0, 3, 1, 2]) : values;
  return { tensor: network.weight("constant", operand), shape };
}

/** The tensor as Keras has it. */
function channelsLast(network: Network, { tensor, shape }: Value): Name {
  return shape.length === 3 ? network.transpose(tensor, [0, 2, 3, 1]) : tensor;
}

/** Of a tensor as Keras has it. */
function channelsFirst(network: Network, tensor: Name, shape: readonly number[]): Value {
  return { tensor: shape.length === 3 ? network.transpose(tensor, [0, 3, 1, 2]) : tensor, shape };
}

/** Keras counts elements with the channels of an image last. */
function reordered({ network }: Layer, x: Value, shape: readonly number[]): Value {
  return channelsFirst(network, network.reshape(channelsLast(network, x), shape), shape);
}

const reshape: Write = (layer, [x]) => {
  const target = layer.config.get("target_shape");
  const size = elementCount(x.shape);
  const list = Array.isArray(target) ? target.map(Number) : [];
  const known = elementCount(list.filter((extent) => extent !== -1));
  const shape = list.map((extent) => (extent === -1 ? size / known : extent));
  const isWhole = shape.length > 0 && shape.every((extent) => Number.isInteger(extent) && extent > 0);
  if (!isWhole || elementCount(shape) !== size) {
    throw layer.config.wrong(`cannot make the shape ${JSON.stringify(target ?? null)} of [${x.shape}]`);
  }
  return reordered(layer, x, shape);
};

const flatten: Write = (layer, [x]) => {
  if (x.shape.length === 1) return x;
  requireChannelsLast(layer);
  return reordered(layer, x, [elementCount(x.shape)]);
};

const upSampling2d: Write = (layer, [x]) => {
  const [height, width, channels] = imageShape(layer, x);
  const [down, across] = layer.config.pair("size", 2);
  const mode = layer.config.text("interpolation", "nearest");
  if (mode !== "nearest" && mode !== "bilinear") throw layer.config.wrong(`interpolates by ${mode}`);
  const isCornered = mode === "bilinear" && layer.weights.setting(KERAS_ENGINE) === "TensorFlow.js";
  if (isCornered)
    layer.network.remark(
      `layer ${layer.config.name} is interpolated as TensorFlow.js does, from the corners of pixels; Keras does it from their middles`,
    );
  const tensor = enlarged(
    layer.network,
    x.tensor,
    [down, across],
    isCornered ? "bilinear from the corner" : mode,
  );
  return { tensor, shape: [height * down, width * across, channels] };
};

const zeroPadding2d: Write = (layer, [x]) => {
  const [height, width, channels] = imageShape(layer, x);
  const [top, bottom, left, right] = sides(layer, "padding");
  const tensor = layer.network.op("Pad", [
    x.tensor,
    layer.network.integers([0, 0, top, left, 0, 0, bottom, right]),
  ]);
  return { tensor, shape: [height + top + bottom, width + left + right, channels] };
};

const cropping2d: Write = (layer, [x]) => {
  const [height, width, channels] = imageShape(layer, x);
  const [top, bottom, left, right] = sides(layer, "cropping");
  const bounds = [
    [top, left],
    [height - bottom, width - right],
    [2, 3],
  ];
  const inputs = bounds.map((list) => layer.network.integers(list));
  const shape = [height - top - bottom, width - left - right, channels];
  return { tensor: layer.network.op("Slice", [x.tensor, ...inputs]), shape };
};

/** `[[top, bottom], [left, right]]`. */
function sides({ config }: Layer, key: string): number[] {
  const value = config.get(key);
  const all = Array.isArray(value) ? value.flat() : [];
  if (all.length === 4 && all.every((x) => Number.isInteger(x) && x >= 0)) return all;
  throw config.wrong(`needs four integers as ${key}`);
}

const concatenate: Write = ({ network, config }, given) => {
  const [{ shape }] = given;
  const axis = config.number("axis", -1);
  const own = (axis < 0 ? axis + shape.length + 1 : axis) - 1;
  if (shape[own] === undefined) throw config.wrong(`joins along the axis ${axis} of [${shape}]`);
  const isAlike = (each: Value): boolean =>
    each.shape.length === shape.length && each.shape.every((extent, i) => i === own || extent === shape[i]);
  if (!given.every(isAlike))
    throw config.wrong(`is given shapes that do not fit, ${given.map((each) => `[${each.shape}]`)}`);
  const total = given.reduce((sum, each) => sum + each.shape[own], 0);
  const tensors = given.map(({ tensor }) => tensor);
  const tensor = network.op("Concat", tensors, { axis: int(physicalAxis(axis, shape)) });
  return { tensor, shape: shape.map((extent, i) => (i === own ? total : extent)) };
};

/** Element by element; one of the operands may have single rows, columns or channels. */
const merged =
  (opType: string): Write =>
  (layer, given) => {
    const { network, config } = layer;
    const [{ shape }] = given;
    const operands = [
      ...given,
      ...layer.constants.map((constant) => constantOperand(layer, constant, shape)),
    ];
    if (operands.some((each) => each.shape.length !== shape.length))
      throw config.wrong("is given tensors of several ranks");
    const largest = shape.map((_, axis) => Math.max(...operands.map((each) => each.shape[axis])));
    const fits = (extent: number, axis: number): boolean => extent === 1 || extent === largest[axis];
    if (!operands.every((each) => each.shape.every(fits)))
      throw config.wrong(`is given shapes that do not fit, ${operands.map((each) => `[${each.shape}]`)}`);
    const [first, ...rest] = operands.map(({ tensor }) => tensor);
    return { tensor: rest.reduce((sum, tensor) => network.op(opType, [sum, tensor]), first), shape: largest };
  };

const embedding: Write = (layer, [x]) => {
  const { network, config } = layer;
  if (!x.isIndices || x.shape.length !== 1)
    throw config.wrong("reads another tensor than an input of the model that is a vector");
  const size = config.count("output_dim");
  const rows = variable(layer, "embeddings", 0, [config.count("input_dim"), size]);
  const tensor = network.op("Gather", [network.weight("embeddings", rows), x.tensor]);
  return { tensor, shape: [...x.shape, size] };
};

const leakyRelu: Write = ({ network, config }, [x]) => {
  const slope = config.number("negative_slope", config.number("alpha", 0.3));
  return { tensor: network.op("LeakyRelu", [x.tensor], { alpha: float(slope) }), shape: x.shape };
};

const relu: Write = ({ network, config }, [x]) => {
  const isPlain = config.number("negative_slope", 0) === 0 && config.number("threshold", 0) === 0;
  if (!isPlain || (config.get("max_value") ?? null) !== null) throw config.wrong("is no plain ReLU");
  return { tensor: network.op("Relu", [x.tensor]), shape: x.shape };
};

const elu: Write = ({ network, config }, [x]) => ({
  tensor: network.op("Elu", [x.tensor], { alpha: float(config.number("alpha", 1)) }),
  shape: x.shape,
});

export const layerWriters: Readonly<Record<string, Write>> = {
  Dense: dense,
  Conv2D: (layer, [x]) => convolution2d(layer, x),
  Conv2DTranspose: (layer, [x]) => transposedConvolution2d(layer, x),
  BatchNormalization: batchNormalization,
  Activation: (layer, [x]) => activated(layer, x, layer.config.get("activation")),
  LeakyReLU: leakyRelu,
  ReLU: relu,
  ELU: elu,
  Reshape: reshape,
  Flatten: flatten,
  UpSampling2D: upSampling2d,
  ZeroPadding2D: zeroPadding2d,
  Cropping2D: cropping2d,
  Concatenate: concatenate,
  Add: merged("Add"),
  Multiply: merged("Mul"),
  Embedding: embedding,
  // At work while training alone.
  Dropout: unchanged,
  SpatialDropout2D: unchanged,
  GaussianNoise: unchanged,
  GaussianDropout: unchanged,
  ActivityRegularization: unchanged,
};
