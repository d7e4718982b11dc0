// The truth for a smooth network: its ONNX graph interpreted in float64, and central differences of that.
// At step 1e-5 their error is about 1e-10, far below float32. Only the sample generator's operators are here.

import { matrix } from "@vielbein/linalg";

const STEP = 1e-5;

/** ∂output/∂input at `point`: `[m, n]`. */
export function differenceJacobian(model, point) {
  const n = point.length;
  const evaluate = interpreter(model.graph);
  const shifted = (j, by) => evaluate(Float64Array.from(point, (x, i) => (i === j ? x + by : x)));
  const columns = [];
  for (let j = 0; j < n; j++) {
    const [above, below] = [shifted(j, STEP), shifted(j, -STEP)];
    columns.push(above.map((value, i) => (value - below[i]) / (2 * STEP)));
  }
  const result = matrix(columns[0].length, n);
  columns.forEach((column, j) => {
    for (let i = 0; i < column.length; i++) result.data[i * n + j] = column[i];
  });
  return result;
}

/** The graph's first output as a function of its first input, one point at a time. */
function interpreter({ nodes, initializers, inputs, outputs }) {
  const constants = new Map(initializers.map((tensor) => [tensor.name, floats(tensor)]));
  return (point) => {
    const values = new Map(constants);
    values.set(inputs[0].name, { data: point, dims: [1, point.length] });
    for (const node of nodes) {
      const operator = operators[node.opType];
      if (!operator) throw new Error(`${node.opType} is not among the operators interpreted in float64.`);
      const attribute = (name) => node.attributes.get(name)?.value;
      const operands = node.inputs.map((name) => values.get(name));
      values.set(node.outputs[0], operator(attribute, ...operands));
    }
    return values.get(outputs[0].name).data;
  };
}

function floats({ dims, raw }) {
  return { dims, data: Float64Array.from(new Float32Array(Uint8Array.from(raw).buffer)) };
}

const operators = {
  Sigmoid: (_, { data, dims }) => ({ dims, data: data.map((x) => 1 / (1 + Math.exp(-x))) }),
  Mul: (_, a, b) => ({ dims: a.dims, data: a.data.map((x, i) => x * b.data[i]) }),
  Add: (_, a, b) => ({ dims: a.dims, data: a.data.map((x, i) => x + b.data[i]) }),
  Constant: (attribute) => [...new BigInt64Array(Uint8Array.from(attribute("value").raw).buffer)].map(Number),
  Reshape: (_, { data }, shape) => {
    const known = shape.reduce((product, side) => (side < 0 ? product : product * side), 1);
    return { data, dims: shape.map((side) => (side < 0 ? data.length / known : side)) };
  },
  Gemm: (_, x, weight, bias) => {
    const [rows, cols] = weight.dims;
    const data = Float64Array.from(bias.data);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) data[i] += weight.data[i * cols + j] * x.data[j];
    }
    return { data, dims: [1, rows] };
  },
  Conv: (attribute, x, weight, bias) => {
    const [, , height, width] = x.dims;
    const [channels, , kernel] = weight.dims;
    const [stride, pad] = [attribute("strides")[0], attribute("pads")[0]];
    const size = (side) => (side + 2 * pad - kernel) / stride + 1;
    const dims = [1, channels, size(height), size(width)];
    const output = biased(dims, bias);
    // Output (p, q) reads input (p·stride − pad + r, q·stride − pad + s).
    correlate(dims, x.dims, kernel, stride, pad, (to, from, at, c, d) => {
      output[to] += weight.data[(c * x.dims[1] + d) * kernel * kernel + at] * x.data[from];
    });
    return { data: output, dims };
  },
  ConvTranspose: (attribute, x, weight, bias) => {
    const [, , height, width] = x.dims;
    const [, channels, kernel] = weight.dims;
    const [stride, pad] = [attribute("strides")[0], attribute("pads")[0]];
    const size = (side) => (side - 1) * stride - 2 * pad + kernel;
    const dims = [1, channels, size(height), size(width)];
    const output = biased(dims, bias);
    // The adjoint of a convolution: what read there writes here.
    correlate(x.dims, dims, kernel, stride, pad, (from, to, at, d, c) => {
      output[to] += weight.data[(d * channels + c) * kernel * kernel + at] * x.data[from];
    });
    return { data: output, dims };
  },
};

function biased([, channels, height, width], bias) {
  return Float64Array.from(
    { length: channels * height * width },
    (_, i) => bias.data[Math.floor(i / (height * width))],
  );
}

/** Calls `visit(small, large, kernel position, small channel, large channel)` for every pair a kernel joins. */
function correlate([, c1, h1, w1], [, c2, h2, w2], kernel, stride, pad, visit) {
  for (let c = 0; c < c1; c++) {
    for (let p = 0; p < h1; p++) {
      for (let q = 0; q < w1; q++) {
        const small = (c * h1 + p) * w1 + q;
        for (let r = 0; r < kernel; r++) {
          const row = p * stride - pad + r;
          if (row < 0 || row >= h2) continue;
          for (let s = 0; s < kernel; s++) {
            const column = q * stride - pad + s;
            if (column < 0 || column >= w2) continue;
            for (let d = 0; d < c2; d++) visit(small, (d * h2 + row) * w2 + column, r * kernel + s, c, d);
          }
        }
      }
    }
  }
}
