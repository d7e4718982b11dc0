// Normalisations in inference mode.

import { type Emitter, positiveAxis } from "../emitter.ts";
import { floatAttribute, intAttribute, type Node } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";

/** A per-channel vector [C] as [C, 1, …], to multiply a tensor [N, C, …]. */
function perChannel(e: Emitter, vector: string, rank: number): string {
  return e.op("Reshape", [vector, e.int64([-1, ...Array(rank - 2).fill(1)])]);
}

function requireFixedParameters(varies: readonly boolean[]): void {
  if (!varies.slice(1).some(Boolean)) return;
  throw new Unsupported(
    "its scale, bias or statistics depend on the point; export them as separate Mul and Add",
  );
}

/** y = scale·x̂ + bias with x̂ = (x − mean)/√(var + ε) and stored mean and variance: affine in x. */
export const BatchNormalization: DerivativeRule = {
  jvp: (e, node, tangents) => {
    requireFixedParameters(tangents.map((tangent) => tangent !== undefined));
    return [batchSlope(e, node, tangents[0]!)];
  },
  vjp: (e, node, [u], wanted) => {
    requireFixedParameters(wanted);
    return [batchSlope(e, node, u!)];
  },
};

function batchSlope(e: Emitter, node: Node, t: string): string {
  if (intAttribute(node, "training_mode", 0) !== 0 || node.outputs.filter(Boolean).length > 1) {
    throw new Unsupported("it is in training mode; export the model after eval()");
  }
  const [x, scale, , , variance] = node.inputs;
  const epsilon = floatAttribute(node, "epsilon", 1e-5);
  const slope = e.op("Div", [scale, e.op("Sqrt", [e.op("Add", [variance, e.scalar(epsilon)])])]);
  return e.op("Mul", [t, perChannel(e, slope, e.shape(x!).length)]);
}

/** y = scale·x̂ + bias with x̂ normalised over the spatial axes. */
export const InstanceNormalization: DerivativeRule = {
  jvp: (e, node, tangents) => {
    requireFixedParameters(tangents.map((tangent) => tangent !== undefined));
    return [instanceDerivative(e, node, tangents[0]!)];
  },
  vjp: (e, node, [u], wanted) => {
    requireFixedParameters(wanted);
    return [instanceDerivative(e, node, u!)];
  },
};

function instanceDerivative(e: Emitter, node: Node, t: string): string {
  const [x, scale] = [node.inputs[0]!, node.inputs[1]!];
  const rank = e.shape(x).length;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  return e.op("Mul", [standardisedDerivative(e, node, t, spatial), perChannel(e, scale, rank)]);
}

/** y = scale·x̂ + bias with x̂ normalised over the axes from `axis` on, and scale of their shape. */
export const LayerNormalization: DerivativeRule = {
  jvp: (e, node, tangents) => {
    requireFixedParameters(tangents.map((tangent) => tangent !== undefined));
    return [e.op("Mul", [standardisedDerivative(e, node, tangents[0]!, layerAxes(e, node)), node.inputs[1]])];
  },
  vjp: (e, node, [u], wanted) => {
    requireFixedParameters(wanted);
    return [standardisedDerivative(e, node, e.op("Mul", [u, node.inputs[1]]), layerAxes(e, node))];
  },
};

function layerAxes(e: Emitter, node: Node): number[] {
  if (node.outputs.filter(Boolean).length > 1) {
    throw new Unsupported("its mean and deviation outputs are used; export them as separate operators");
  }
  const rank = e.shape(node.inputs[0]!).length;
  const first = positiveAxis(intAttribute(node, "axis", -1), rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
}

/** Derivative of x̂ over `axes`, a symmetric matrix: (t − mean t − x̂·mean(x̂t)) / σ. */
function standardisedDerivative(e: Emitter, node: Node, t: string, axes: readonly number[]): string {
  const { value, deviation } = standardise(e, node, node.inputs[0]!, axes);
  const along = e.op("Mul", [e.meanKeep(e.op("Mul", [t, value]), axes), value]);
  const inner = e.op("Sub", [e.op("Sub", [t, e.meanKeep(t, axes)]), along]);
  return e.op("Div", [inner, deviation]);
}

/** x̂ = (x − mean)/σ over `axes`, and σ = √(var + ε), recomputed from the primal input. */
function standardise(
  e: Emitter,
  node: Node,
  x: string,
  axes: readonly number[],
): { value: string; deviation: string } {
  const over = e.int64(axes);
  const centred = e.op("Sub", [x, e.op("ReduceMean", [x, over])]);
  const variance = e.op("ReduceMean", [e.op("Mul", [centred, centred]), over]);
  const epsilon = floatAttribute(node, "epsilon", 1e-5);
  const deviation = e.op("Sqrt", [e.op("Add", [variance, e.scalar(epsilon)])]);
  return { value: e.op("Div", [centred, deviation]), deviation };
}
