// What public functions are given, by kind: what is forgotten or confused is said by name.

import { hasParts, type KindCheck, kindCheck } from "@vielbein/core";

type Kind = "graph" | "model" | "prepared" | "runtime" | "space" | "shapes";

/** Requires an argument of a kind that functions of this package take. */
export const requireKind: KindCheck<Kind> = kindCheck<Kind>({
  graph: ["a graph, as decodeModel returns it in a model", hasParts("nodes", "inputs", "outputs")],
  model: ["a model, as decodeModel returns it", hasParts("graph", "opsets", "metadata")],
  prepared: [
    "a prepared graph, as prepare returns it",
    hasParts("model", "info", "constants", "input", "output"),
  ],
  runtime: ["a runtime, such as NodeRuntime or WebRuntime", hasParts("createSession")],
  shapes: ["a Map of shapes by the names of inputs", hasParts("get", "entries")],
  space: ["a space { name, dim, shape }", hasParts("name", "dim", "shape")],
});
