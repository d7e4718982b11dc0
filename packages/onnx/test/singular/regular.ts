// Operators without singular points, by the reason: all ways of differentiating them must agree at zeros and ties.

export const regular: Readonly<Record<string, readonly string[]>> = {
  "linear in every operand": [
    ...["Add", "Sub", "Neg", "Sum", "Identity", "Dropout", "Cast", "BatchNormalization", "AffineGrid"],
    ...["MatMul", "Gemm", "Einsum", "Conv", "ConvTranspose", "ReduceSum", "ReduceMean"],
    ...["AveragePool", "GlobalAveragePool", "Resize", "Trilu"],
  ],
  "moves elements": [
    ...["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Tile", "Concat", "Split"],
    ...["Slice", "Pad", "Gather", "GatherElements", "GatherND", "DepthToSpace", "SpaceToDepth"],
  ],
  "smooth everywhere": ["Exp", "Sin", "Cos", "Sinh", "Cosh", "Tanh", "Sigmoid"],
  "piecewise constant, as Sign and Floor are": [
    ...["And", "Or", "Xor", "Not", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"],
    ...["IsInf", "IsNaN", "ArgMax", "ArgMin", "Hardmax", "Shape", "Size"],
  ],
  "as ScatterElements": ["ScatterND"],
};
