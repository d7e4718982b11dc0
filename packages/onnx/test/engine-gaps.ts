// What engines refuse or compute wrongly, as of onnxruntime-web 1.30.0: the test of the engines asserts that this
// table is neither short of a gap nor lists one that is gone. WebGPU is ONNX Runtime's native provider, which
// onnxruntime-node has too; derivatives are in their portable form.

import type { Part } from "./derivative.ts";
import type { engines } from "./engines.ts";

export interface EngineGap {
  readonly engine: keyof typeof engines;
  /** Operator of the model; its derivative may rest on others. */
  readonly op: string;
  /** Cases of the operator, by what is particular about them. */
  readonly cases: readonly string[];
  /** What fails there: the value, products with the Jacobian, products with its transpose. */
  readonly parts: readonly Part[];
  /** `refused`: an error says so; `wrong`: other numbers come out. */
  readonly kind: "refused" | "wrong";
  readonly reason: string;
}

const everything: readonly Part[] = ["value", "jvp", "vjp"];
const volumes = "ConvTranspose has at most two spatial axes";

export const engineGaps: readonly EngineGap[] = [
  {
    engine: "webgpu",
    op: "DFT",
    cases: ["real, along axis 1", "one-sided, inverse"],
    parts: everything,
    kind: "refused",
    reason: "the shader of Einsum is invalid where an ellipsis stands for two axes",
  },
  {
    engine: "webgpu",
    op: "Pow",
    cases: ["variable [4], constant [2,1]", "constant [4], variable [2,1]", "variable [4], variable [2,1]"],
    parts: everything,
    kind: "refused",
    reason:
      "the shader is invalid where the last axis, a multiple of 4, is that of one operand and the other is no scalar",
  },
  {
    engine: "webgpu",
    op: "Cast",
    cases: ["to double and back"],
    parts: everything,
    kind: "refused",
    reason: "no double precision",
  },
  {
    engine: "webgpu",
    op: "Conv",
    cases: ["3-D, weights that depend on the point"],
    parts: ["vjp"],
    kind: "refused",
    reason: volumes,
  },
  {
    engine: "webgpu",
    op: "ConvTranspose",
    cases: ["3-D", "3-D, weights that depend on the point"],
    parts: everything,
    kind: "refused",
    reason: volumes,
  },
  {
    engine: "webgpu",
    op: "MaxPool",
    cases: ["storage_order 1"],
    parts: everything,
    kind: "refused",
    reason: "no column-major storage order",
  },
  {
    engine: "webgpu",
    op: "MaxPool",
    cases: ["3-D"],
    parts: ["vjp"],
    kind: "refused",
    reason: volumes,
  },
  {
    engine: "webgpu",
    op: "AveragePool",
    cases: ["3-D"],
    parts: ["vjp"],
    kind: "refused",
    reason: volumes,
  },
  {
    engine: "webgpu",
    op: "Conv",
    cases: ["two groups, weights that depend on the point"],
    parts: ["jvp"],
    kind: "wrong",
    reason:
      "Conv of several groups mixes them when a group has more than 4 outputs and their number is no multiple of the largest of 4, 2, 1 that divides all outputs",
  },
  {
    engine: "webgpu",
    op: "Conv",
    cases: ["depthwise, two outputs each", "depthwise, two outputs each, weights that depend on the point"],
    parts: ["vjp"],
    kind: "wrong",
    reason:
      "ConvTranspose of several groups is wrong where a group has one output and an even number of inputs",
  },
  {
    engine: "webgpu",
    op: "Resize",
    cases: ["channels last, linear"],
    parts: ["value", "jvp"],
    kind: "wrong",
    reason: "linear interpolation takes the last two axes of [n, h, w, c] for the spatial ones",
  },
  {
    engine: "webgpu",
    op: "Resize",
    cases: ["antialias"],
    parts: everything,
    kind: "refused",
    reason: "no antialiasing",
  },
  {
    engine: "webgpu",
    op: "Resize",
    cases: ["linear, antialias, sizes, axes", "cubic, antialias, sizes, axes"],
    parts: everything,
    kind: "refused",
    reason: "no antialiasing",
  },
  {
    engine: "webgpu",
    op: "ConvTranspose",
    cases: ["everything together", "everything together, weights that depend on the point"],
    parts: ["value", "jvp"],
    kind: "wrong",
    reason:
      "ConvTranspose of several groups is wrong where a group has one output and an even number of inputs",
  },
  {
    engine: "webgpu",
    op: "CastLike",
    cases: ["to double and back"],
    parts: everything,
    kind: "refused",
    reason: "no double precision",
  },
  {
    engine: "webgpu",
    op: "Dropout",
    cases: ["inference, as follows from constants"],
    parts: everything,
    kind: "refused",
    reason: "no Dropout whose third input is not a constant of the file",
  },
  {
    engine: "webgpu",
    op: "Einsum",
    cases: ["...i,...i", "...ij,...jk->...ik"],
    parts: everything,
    kind: "refused",
    reason: "what an ellipsis stands for must be the same in every operand; it does not broadcast",
  },
  {
    engine: "webgpu",
    op: "LayerNormalization",
    cases: ["scale and bias that depend on the point, broadcast"],
    parts: everything,
    kind: "refused",
    reason: "scale and bias must have the extents that are normalised over; they do not broadcast",
  },
  {
    engine: "webgpu",
    op: "MaxPool",
    cases: ["indices used too", "storage_order 1"],
    parts: everything,
    kind: "refused",
    reason: "no Indices output, and no order of them but the default",
  },
];
