// Demodulation of convolutions whose inputs are scaled by styles, while the weights stay as they lie in the file.

import { energies } from "../tensors/arrays.ts";
import type { StoredTensor } from "../tensors/tensor.ts";
import type { Name, Network } from "./network.ts";

interface Demodulation {
  readonly gain?: number;
  readonly epsilon?: number;
}

/** gain/√(Σ s²·ΣW² + ε) of the style s [n, in] and W [out, in, k, k]: [n, out, 1, 1]. */
export function demodulation(
  network: Network,
  style: Name,
  weight: StoredTensor,
  { gain = 1, epsilon = 1e-8 }: Demodulation = {},
): Name {
  const squares = network.op("Mul", [style, style]);
  const sums = network.op("MatMul", [squares, network.weight("energy", energies(weight, 1 / gain ** 2))]);
  const root = network.op("Sqrt", [network.op("Add", [sums, network.constant([epsilon / gain ** 2])])]);
  return network.reshape(network.op("Reciprocal", [root]), [weight.shape[0], 1, 1]);
}
