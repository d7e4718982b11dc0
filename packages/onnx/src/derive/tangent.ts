// What a rule is handed and returns: names of tangents and cotangents.

/**
 * Name of a tangent or cotangent tensor, or undefined where it is zero. That of a tensor of shape S has
 * shape [k, ...S]: k of them side by side, k being dynamic.
 */
export type Tangent = string | undefined;

/**
 * The tangent of an operator with one input, or the cotangent of one with one output: no rule is called where it is
 * zero.
 */
export function given(tangent: Tangent): string {
  if (tangent === undefined) throw new Error("A rule was asked for a derivative that is zero.");
  return tangent;
}
