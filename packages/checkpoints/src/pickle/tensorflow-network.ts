// NVIDIA's networks of TensorFlow in pickles: variables as pairs of name and array, and networks within networks.

import { Global, Inert, type Value } from "./objects.ts";

const DEEPEST = 8;

/** Whether a record is such a network. */
export function isTensorflowNetwork(value: Value | undefined): value is Inert {
  if (!(value instanceof Inert && value.of instanceof Global && value.state instanceof Map)) return false;
  return /(^|\.)tflib\.network$/.test(value.of.module) && value.of.name === "Network";
}

/** The three networks of such a pickle by the names that its successor has for them, the last one's weights averaged. */
export function tensorflowNetworks(value: Value): Value {
  if (!Array.isArray(value) || value.length !== 3 || !value.every(isTensorflowNetwork)) return value;
  return new Map(["G", "D", "G_ema"].map((name, i) => [name, value[i]]));
}

/** Its variables, `synthesis/4x4/Conv/weight`, by name, and its settings. */
export function networkParts(network: Inert): Map<Value, Value> {
  const parts = new Map<Value, Value>();
  collect(network, "", parts, 0);
  const settings = network.state instanceof Map ? network.state.get("static_kwargs") : undefined;
  return parts.set("static_kwargs", settings ?? null);
}

function collect(network: Inert, prefix: string, into: Map<Value, Value>, depth: number): void {
  if (depth > DEEPEST || !(network.state instanceof Map)) return;
  const list = network.state.get("variables");
  for (const pair of Array.isArray(list) ? list : []) {
    if (Array.isArray(pair) && typeof pair[0] === "string") into.set(prefix + pair[0], pair[1] ?? null);
  }
  const parts = network.state.get("components");
  const components = parts instanceof Inert ? parts.entries : parts;
  if (!(components instanceof Map)) return;
  for (const [name, component] of components) {
    if (isTensorflowNetwork(component)) collect(component, `${prefix}${String(name)}/`, into, depth + 1);
  }
}
