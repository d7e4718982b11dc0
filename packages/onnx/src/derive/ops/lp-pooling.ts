// Pooling by the p-norm: y = (Σ|x|ᵖ)^(1/p), so that ẏ = Σ w·ẋ with w = sign(x)·(|x|/y)ᵖ⁻¹.

import { inputOf, intAttribute, type Node, outputOf, requiredInts } from "../../model/model.ts";
import { elementCount } from "../../model/tensor.ts";
import { type Emitter, type Shape, sign } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { kinked } from "../singular.ts";
import { gatherAttributes, scatterAttributes, type Windows, windowsOf } from "../windows.ts";

/** The factors of w: x·|x|ᵖ⁻², which elements have, and y¹⁻ᵖ, which windows have (0 where y is 0). */
function factors(e: Emitter, node: Node): { element: string; window: string } {
  const [x, y] = [inputOf(node, 0), outputOf(node, 0)];
  const p = intAttribute(node, "p", 2);
  if (p === 1) return { element: sign(e, x), window: e.scalar(1) };
  const element = p === 2 ? x : e.op("Mul", [x, e.op("Pow", [e.op("Abs", [x]), e.scalar(p - 2)])]);
  const inverse = e.op("Pow", [y, e.scalar(1 - p)]);
  if (e.signs.isPositive(x)) return { element, window: inverse };
  return { element, window: kinked(e, y, Math.max(1, e.signs.orderAtZero(x)), inverse) };
}

interface Windowed {
  readonly x: Shape;
  readonly y: Shape;
  readonly windows: Windows;
  /** The kernel that sums a window of one channel. */
  readonly ones: string;
}

function windowed(e: Emitter, node: Node): Windowed {
  const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
  const kernel = requiredInts(node, "kernel_shape");
  const ones = e.float(Array<number>(elementCount(kernel)).fill(1), [1, 1, ...kernel]);
  return { x, y, windows: windowsOf(node, kernel, x.slice(2), y.slice(2)), ones };
}

/** Sums over windows are a convolution with ones, every channel an image of its own; their adjoint its transpose. */
export const LpPool: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const { x, y, windows, ones } = windowed(e, node);
    const { element, window } = factors(e, node);
    const { attributes } = gatherAttributes(windows, x.slice(2), y.slice(2));
    const terms = e.mergeBatch(e.op("Mul", [t, element]), [x[0] * x[1], 1, ...x.slice(2)]);
    return [e.op("Mul", [e.reshape(e.op("Conv", [terms, ones], attributes), y), window])];
  },
  vjp: (e, node, [u]) => {
    const { x, y, windows, ones } = windowed(e, node);
    const { element, window } = factors(e, node);
    const images = e.mergeBatch(e.op("Mul", [u, window]), [y[0] * y[1], 1, ...y.slice(2)]);
    const spread = e.op("ConvTranspose", [images, ones], scatterAttributes(windows, x.slice(2), y.slice(2)));
    return [e.op("Mul", [e.reshape(spread, x), element])];
  },
};
