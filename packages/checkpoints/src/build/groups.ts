// Group normalisation, as every engine has it.

import { float } from "@vielbein/onnx/graph";
import { notBuilt } from "../errors.ts";
import type { StoredTensor } from "../tensors/tensor.ts";
import type { Name, Network } from "./network.ts";

/** What is normalised, and by what: x [n, c, …] in so many groups of channels, with a scale and a shift for each channel. */
export interface GroupNorm {
  readonly groups: number;
  readonly epsilon: number;
  readonly scale: StoredTensor;
  readonly shift: StoredTensor;
  /** Of x, without the batch. */
  readonly shape: readonly number[];
}

/** Normalised by groups: by instances of as many channels as there are groups, then scaled and shifted. */
export function groupNormalised(network: Network, x: Name, norm: GroupNorm): Name {
  const { groups, epsilon, scale, shift, shape } = norm;
  if (!(groups >= 1) || shape[0] % groups !== 0)
    throw notBuilt(`${shape[0]} channels are normalised in ${groups} groups, which do not divide them`);
  const inGroups = network.reshape(x, [
    groups,
    shape.reduce((product, extent) => product * extent, 1) / groups,
  ]);
  const [ones, zeros] = [1, 0].map((value) => network.constant(Array(groups).fill(value), [groups]));
  const unit = network.op("InstanceNormalization", [inGroups, ones, zeros], { epsilon: float(epsilon) });
  const perChannel = [shape[0], ...shape.slice(1).map(() => 1)];
  const scaled = network.op("Mul", [
    network.reshape(unit, shape),
    network.weight("scale", scale, perChannel),
  ]);
  return network.op("Add", [scaled, network.weight("shift", shift, perChannel)]);
}
