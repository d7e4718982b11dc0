// What both codes of StyleGAN (Karras et al. 2019) have: styles on normalised features, upsampling that is fused with a
// convolution, and the blur behind it.

import { float, int } from "@vielbein/onnx/graph";
import type { Values } from "../tensors/tensor.ts";
import { convolution } from "./layers.ts";
import type { Name, Network } from "./network.ts";

/** Features [n, c, h, w] normalised by instance, times factors plus shifts: the halves of the style [n, 2c]. */
export function instanceStyled(
  network: Network,
  x: Name,
  style: Name,
  channels: number,
  epsilon: number,
): Name {
  const [ones, zeros] = [1, 0].map((value) => network.constant(Array(channels).fill(value), [channels]));
  const unit = network.op("InstanceNormalization", [x, ones, zeros], { epsilon: float(epsilon) });
  const parts = network.reshape(style, [2, channels, 1, 1]);
  const [factors, shifts] = [0, 1].map((at) =>
    network.op("Gather", [parts, network.integers([at], [])], { axis: int(1) }),
  );
  return network.op("Add", [network.op("Mul", [unit, factors]), shifts]);
}

/** A kernel [a, b, k, k], added to itself one pixel on each way: [a, b, k + 1, k + 1]. */
export function spread({ shape, data }: Values): Values {
  const [first, second, side] = shape;
  const wide = side + 1;
  const result = new Float32Array(first * second * wide * wide);
  for (let i = 0; i < data.length; i++) {
    const [plane, at] = [Math.floor(i / side ** 2), i % side ** 2];
    const corner = plane * wide ** 2 + Math.floor(at / side) * wide + (at % side);
    for (const step of [0, 1, wide, wide + 1]) result[corner + step] += data[i];
  }
  return { shape: [first, second, wide, wide], data: result };
}

/** Every channel of [n, channels, size, size] through the same filter [3, 3]; channels count as images. */
export function blurred(
  network: Network,
  x: Name,
  filter: Float32Array,
  channels: number,
  size: number,
): Name {
  const images = network.channelsAsImages(x, size, size);
  const smooth = convolution(network, images, { shape: [1, 1, 3, 3], data: filter }, { padding: 1 });
  return network.reshape(smooth, [channels, size, size]);
}
