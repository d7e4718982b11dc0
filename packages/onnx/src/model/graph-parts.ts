// Entry point `@vielbein/onnx/graph`: what writes graphs by hand needs, nodes, attributes and weights in short.

export { float, int, ints, makeNode, string } from "./attributes.ts";
export {
  bfloatValues,
  elementCount,
  float32Tensor,
  floatToHalf,
  halfToFloat,
  int64Tensor,
} from "./tensor.ts";
