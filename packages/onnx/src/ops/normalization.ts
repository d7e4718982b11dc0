// Normalisations in inference mode.

import type { Emitter } from "../emitter.ts";
import { floatAttribute, intAttribute, type Node } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";

/** A per-channel vector [C] as [C, 1, …], to multiply a tensor [N, C, …]. */
function perChannel(e: Emitter, vector: string, rank: number): string {
  return e.op("Reshape", [vector, e.int64([-1, ...Array(rank - 2).fill(1)])]);
}

/** y = scale·x̂ + bias with x̂ = (x − mean)/√(var + ε) and stored mean and variance: affine in x. */
export const BatchNormalization: DerivativeRule = {
  jvp: (e, node, [tx, tScale, tBias, tMean, tVar]) => {
    if (intAttribute(node, "training_mode", 0) !== 0 || node.outputs.filter(Boolean).length > 1) {
      throw new Unsupported("it is in training mode; export the model after eval()");
    }
    if (tScale || tBias || tMean || tVar) {
      throw new Unsupported(
        "its statistics or affine parameters depend on the point; export them as separate Mul and Add",
      );
    }
    const [x, scale, , , variance] = node.inputs;
    const epsilon = floatAttribute(node, "epsilon", 1e-5);
    const slope = e.op("Div", [scale, e.op("Sqrt", [e.op("Add", [variance, e.scalar(epsilon)])])]);
    return [e.op("Mul", [tx, perChannel(e, slope, e.shape(x!).length)])];
  },
};

/**
 * y = scale·x̂ + bias with x̂ normalised over the spatial axes:
 * ẏ = scale/σ · (ẋ − mean ẋ − x̂·mean(x̂ẋ)).
 */
export const InstanceNormalization: DerivativeRule = {
  jvp: (e, node, [tx, tScale, tBias]) => {
    if (tScale || tBias) {
      throw new Unsupported("its scale or bias depends on the point; export them as separate Mul and Add");
    }
    const [x, scale] = [node.inputs[0]!, node.inputs[1]!];
    const rank = e.shape(x).length;
    const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    const standardised = standardise(e, node, x, spatial);
    const inner = e.op("Sub", [
      e.op("Sub", [tx!, e.meanKeep(tx!, spatial)]),
      e.op("Mul", [e.meanKeep(e.op("Mul", [tx!, standardised.value]), spatial), standardised.value]),
    ]);
    const slope = e.op("Div", [perChannel(e, scale, rank), standardised.deviation]);
    return [e.op("Mul", [inner, slope])];
  },
};

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
