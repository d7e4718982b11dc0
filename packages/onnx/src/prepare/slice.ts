// The nodes that a map is made of: those on the way between its ends, and nothing that does not move with the point.

import { VielbeinError } from "@vielbein/core";
import { dataTypeName, isSingleOrDouble } from "../model/element-types.ts";
import { dependents, determining, nodeReads, nodesFor } from "../model/graph.ts";
import { type Graph, type Node, requiredInputs } from "../model/model.ts";
import type { Scope } from "../model/scope.ts";
import { noMapBetween, requireTensor } from "./cut.ts";
import { beforeIntegers, behind } from "./ends.ts";

/** The tensors that a map lies between, and the inputs beside them that stay inputs. */
export interface Ends {
  readonly from: string;
  readonly to: string;
  readonly parameters: readonly string[];
}

export interface Slice {
  readonly nodes: readonly Node[];
  /** Tensors that move with the start of the map or a parameter, and are defined here. */
  readonly moving: readonly string[];
  /** Tensors that the nodes read and that do not move. */
  readonly fixed: ReadonlySet<string>;
}

/** An input beside the start of a map needs a value. */
export class UnfedInputError extends VielbeinError {}

/**
 * @param types element types of the tensors of the graph.
 * @param given other inputs that have a value.
 * @throws {VielbeinError} `INVALID_SPACE` for ends that are unknown, not connected or not floating point, for
 *   parameters that are not inputs, or when `to` also depends on an input that has no value.
 */
export function sliceBetween(
  graph: Graph,
  ends: Ends,
  types: Scope<number>,
  given: ReadonlySet<string>,
): Slice {
  const { from, to, parameters } = ends;
  requireTensor(graph, from, "from");
  requireTensor(graph, to, "to");
  requireFloat(types.get(from), from, () => behind(graph, types, from));
  requireFloat(types.get(to), to, () => [beforeIntegers(graph, types, to)]);
  const path = nodesFor(graph, [to], new Set([from]));
  if (!dependents(path, [from]).has(to) || from === to) throw noMapBetween(from, to);
  requireInputs(graph, ends);

  const variable = dependents(path, [from, ...parameters]);
  const nodes = path.filter(
    (node) => node.outputs.some((output) => variable.has(output)) && !node.outputs.includes(from),
  );
  const fixed = new Set(nodes.flatMap(nodeReads).filter((name) => !variable.has(name)));
  requireFedInputs(graph, ends, variable, fixed, given);
  const produced = new Set([from, ...parameters, ...nodes.flatMap((node) => node.outputs)]);
  return { nodes, moving: [...variable].filter((name) => produced.has(name)), fixed };
}

function requireFloat(
  dataType: number | undefined,
  name: string,
  instead: () => readonly (string | undefined)[],
): void {
  if (dataType === undefined || isSingleOrDouble(dataType)) return;
  const others = instead().flatMap((other) => (other === undefined ? [] : [`"${other}"`]));
  const remedy =
    others.length > 0 ? `Choose ${others.join(" or ")}` : "Choose the tensor before its conversion";
  throw new VielbeinError(
    "INVALID_SPACE",
    `Tensor "${name}" holds ${dataTypeName(dataType)} values; a space must hold floating-point numbers of at least 16 bits. ${remedy} (\`vielbein inspect\` lists them).`,
  );
}

/** Refuses parameters that are not inputs of the graph beside the start of the map. */
function requireInputs(graph: Graph, { from, parameters }: Ends): void {
  const isInput = new Set(requiredInputs(graph).map((input) => input.name));
  const stranger = parameters.find((name) => !isInput.has(name) || name === from);
  if (stranger === undefined) return;
  throw new VielbeinError(
    "INVALID_SPACE",
    `\`parameters\`: "${stranger}" is not a graph input other than "${from}". The inputs are ${[...isInput].join(", ")}.`,
  );
}

/** Refuses a map whose value also depends, beside `from`, on graph inputs that nobody gave a value. */
function requireFedInputs(
  graph: Graph,
  { from, to }: Ends,
  variable: ReadonlySet<string>,
  fixed: Iterable<string>,
  given: ReadonlySet<string>,
): void {
  const needed = determining(graph, fixed);
  const unfed = requiredInputs(graph).filter(
    ({ name }) => !variable.has(name) && needed.has(name) && !given.has(name),
  );
  if (unfed.length === 0) return;
  const described = unfed.map(
    ({ name, dataType, shape }) => `"${name}" (${dataTypeName(dataType)} [${shape ?? "?"}])`,
  );
  const [inputs, value] =
    unfed.length === 1 ? ["input", "it a fixed value"] : ["inputs", "each a fixed value"];
  const settings = unfed.map(({ name }) => `--set ${name}=…`).join(" ");
  const conditions = graph.nodes.filter(({ opType }) => opType === "If").map((node) => node.inputs[0]);
  const decisive = determining(graph, conditions);
  const [first] = unfed.filter(({ name }) => decisive.has(name) && unfed.length > 1);
  const hint = first
    ? ` Set "${first.name}" first: it says which branch runs, which may need no others.`
    : "";
  throw new UnfedInputError(
    "INVALID_SPACE",
    `"${to}" depends on ${inputs} ${described.join(", ")} as well as on "${from}". Give ${value} (\`inputs\`, or ${settings} on the command line).${hint}`,
  );
}
