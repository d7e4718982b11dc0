// Normalisations in inference mode: y = scale·x̂ + bias. Scale and bias may depend on the point, as they do in
// adaptive instance normalisation.

import { floatAttribute, inputOf, intAttribute, type Node, outputOf } from "../../model/model.ts";
import { type Emitter, positiveAxis, type Shape } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given, type Tangent } from "../tangent.ts";
import { Unsupported } from "../unsupported.ts";

/** What ẏ = scale·x̂˙ + ṡ·x̂ + ḃ is made of. */
interface Normalised {
  readonly scale: string;
  /** x̂. */
  readonly value: string;
  /** Shape of scale and bias that broadcasts against the data. */
  readonly parameters: Shape;
  /** Derivative of x̂; a symmetric matrix, so that it serves both directions. */
  readonly derivative: (t: string) => string;
}

function affine(parts: (e: Emitter, node: Node) => Normalised): DerivativeRule {
  return {
    jvp: (e, node, [t, tScale, tBias]) => {
      const { scale, value, parameters, derivative } = parts(e, node);
      const output = e.shape(outputOf(node, 0));
      const fromData = t && e.op("Mul", [derivative(t), scale]);
      const beside = (tangent: string): string =>
        e.broadcast(e.reshape(tangent, parameters), parameters, output);
      const fromScale = tScale && e.op("Mul", [beside(tScale), value]);
      const fromBias = tBias && beside(tBias);
      return [e.add(e.add(fromData, fromScale), fromBias)];
    },
    vjp: (e, node, [u], wanted) => {
      const { scale, value, parameters, derivative } = parts(e, node);
      const output = e.shape(outputOf(node, 0));
      const toParameter = (i: number, cotangent: string): string =>
        e.reshape(e.reduceTo(cotangent, output, parameters), e.shape(inputOf(node, i)));
      return [
        wanted[0] ? derivative(e.op("Mul", [u, scale])) : undefined,
        wanted[1] ? toParameter(1, e.op("Mul", [u, value])) : undefined,
        wanted[2] ? toParameter(2, given(u)) : undefined,
      ];
    },
  };
}

/** A per-channel vector [C] as [C, 1, …], to multiply a tensor [N, C, …]. */
function perChannel(e: Emitter, vector: string, rank: number): string {
  return e.op("Reshape", [vector, e.int64([-1, ...Array(rank - 2).fill(1)])]);
}

function channelShape(shape: Shape): Shape {
  return shape.slice(1).map((extent, i) => (i === 0 ? extent : 1));
}

const batch: DerivativeRule = affine((e, node) => {
  const [x, scale, , mean, variance] = node.inputs as [string, string, string, string, string];
  const shape = e.shape(x);
  const epsilon = floatAttribute(node, "epsilon", 1e-5);
  const deviation = e.op("Sqrt", [e.op("Add", [variance, e.scalar(epsilon)])]);
  const centred = e.op("Sub", [x, perChannel(e, mean, shape.length)]);
  return {
    // Scale and deviation as one factor, since x̂ is affine in x.
    scale: perChannel(e, e.op("Div", [scale, deviation]), shape.length),
    value: e.op("Div", [centred, perChannel(e, deviation, shape.length)]),
    parameters: channelShape(shape),
    derivative: (t) => t,
  };
});

/** x̂ = (x − mean)/√(var + ε) with stored mean and variance. */
export const BatchNormalization: DerivativeRule = {
  jvp: (e, node, tangents) => {
    requireInference(node, tangents.slice(3).some(Boolean));
    return batch.jvp(e, node, tangents);
  },
  vjp: (e, node, cotangents, wanted) => {
    requireInference(node, wanted.slice(3).some(Boolean));
    return batch.vjp(e, node, cotangents, wanted);
  },
};

function requireInference(node: Node, statisticsVary: boolean): void {
  if (intAttribute(node, "training_mode", 0) !== 0 || node.outputs.filter(Boolean).length > 1) {
    throw new Unsupported("it is in training mode; export the model after eval()");
  }
  if (statisticsVary) {
    throw new Unsupported("its mean or variance depends on the point; export it as separate operators");
  }
}

/** x̂ is normalised over the spatial axes. */
export const InstanceNormalization: DerivativeRule = affine((e, node) => {
  const shape = e.shape(inputOf(node, 0));
  const spatial = shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  return {
    ...standardised(e, node, spatial),
    scale: perChannel(e, inputOf(node, 1), shape.length),
    parameters: channelShape(shape),
  };
});

const layer: DerivativeRule = affine((e, node) => ({
  ...standardised(e, node, layerAxes(e, node)),
  scale: inputOf(node, 1),
  parameters: e.shape(inputOf(node, 1)),
}));

/** x̂ is normalised over the axes from `axis` on; mean and 1/σ are outputs too, which may be of another type. */
export const LayerNormalization: DerivativeRule = {
  jvp: (e, node, tangents) => {
    const [y] = layer.jvp(e, node, tangents);
    const [t] = tangents;
    if (!t || !(node.outputs[1] || node.outputs[2])) return [y];
    const axes = layerAxes(e, node);
    // With r = 1/σ: σ˙ = mean(x̂·ẋ), ṙ = −σ˙/σ².
    const spread = e.meanKeep(e.op("Mul", [t, standardised(e, node, axes).value]), axes);
    const inverse = e.op("Neg", [e.op("Div", [spread, variance(e, node, axes)])]);
    const like = (i: number, tangent: string): Tangent =>
      node.outputs[i] && e.castTo(tangent, e.dataType(node.outputs[i]));
    return [y, like(1, e.meanKeep(t, axes)), like(2, inverse)];
  },
  vjp: (e, node, [u, uMean, uInverse], wanted) => {
    const pulled = u ? layer.vjp(e, node, [u], wanted) : [];
    const axes = layerAxes(e, node);
    const shape = e.shape(inputOf(node, 0));
    const type = e.dataType(inputOf(node, 0));
    const count = e.scalar(axes.reduce((product, axis) => product * shape[axis], 1));
    const share = (cotangent: string): string => e.op("Div", [e.castTo(cotangent, type), count]);
    const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
    const fromMean = uMean && e.broadcast(share(uMean), kept, shape);
    const slope = (): string =>
      e.op("Neg", [e.op("Div", [standardised(e, node, axes).value, variance(e, node, axes)])]);
    const fromInverse = uInverse && e.op("Mul", [share(uInverse), slope()]);
    return [e.add(e.add(pulled[0], fromMean), fromInverse), ...pulled.slice(1)];
  },
};

function layerAxes(e: Emitter, node: Node): number[] {
  const rank = e.shape(inputOf(node, 0)).length;
  const first = positiveAxis(intAttribute(node, "axis", -1), rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
}

/** x̂ = (x − mean)/σ over `axes`, recomputed from the primal input; its derivative is (t − mean t − x̂·mean(x̂t))/σ. */
function standardised(
  e: Emitter,
  node: Node,
  axes: readonly number[],
): Pick<Normalised, "value" | "derivative"> {
  const deviation = e.op("Sqrt", [variance(e, node, axes)]);
  const value = e.op("Div", [centred(e, node, axes), deviation]);
  return {
    value,
    derivative: (t) => {
      const along = e.op("Mul", [e.meanKeep(e.op("Mul", [t, value]), axes), value]);
      const inner = e.op("Sub", [e.op("Sub", [t, e.meanKeep(t, axes)]), along]);
      return e.op("Div", [inner, deviation]);
    },
  };
}

function centred(e: Emitter, node: Node, axes: readonly number[]): string {
  const x = inputOf(node, 0);
  return e.op("Sub", [x, e.op("ReduceMean", [x, e.int64(axes)])]);
}

/** σ² = mean (x − mean x)² + ε over `axes`. */
function variance(e: Emitter, node: Node, axes: readonly number[]): string {
  const difference = centred(e, node, axes);
  const mean = e.op("ReduceMean", [e.op("Mul", [difference, difference]), e.int64(axes)]);
  return e.op("Add", [mean, e.scalar(floatAttribute(node, "epsilon", 1e-5))]);
}
