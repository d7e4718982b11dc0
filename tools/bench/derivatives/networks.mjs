// Generators with seeded random weights, written with our own encoder: DCGAN, StyleGAN2 with its modulated convolutions as
// scaled activations, and the decoder of latent diffusion. Names of weights are those that torch_networks.py looks for.

import { normal } from "@vielbein/linalg";
import { DataType } from "@vielbein/onnx";

const SEED = 30;

/** Nodes and weights by the way. */
class Network {
  nodes = [];
  initializers = [];
  #drawn = 0;

  op(opType, inputs, attributes = {}) {
    const output = `t${this.nodes.length}`;
    const typed = Object.entries(attributes).map(([name, value]) => [name, attribute(value)]);
    this.nodes.push({
      ...{ opType, domain: "", name: output, inputs, outputs: [output] },
      attributes: new Map(typed),
    });
    return output;
  }

  tensor(name, dims, values) {
    this.initializers.push({
      ...{ name, dims, dataType: DataType.FLOAT },
      raw: new Uint8Array(Float32Array.from(values).buffer),
    });
    return name;
  }

  /** Independent normal numbers of standard deviation `scale` around `mean`. */
  draw(name, dims, scale, mean = 0) {
    const count = dims.reduce((product, extent) => product * extent, 1);
    return this.tensor(
      name,
      dims,
      normal(SEED, this.#drawn++, count).map((x) => mean + scale * x),
    );
  }

  integers(values) {
    const name = `integers_${values.join("_").replaceAll("-", "m")}`;
    if (!this.initializers.some((tensor) => tensor.name === name)) {
      const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      this.initializers.push({ name, dims: [values.length], dataType: DataType.INT64, raw });
    }
    return name;
  }

  model(output, latent, shape) {
    this.nodes.find(({ name }) => name === output).outputs[0] = "image";
    return {
      ...{ irVersion: 8, producerName: "vielbein-bench", producerVersion: "", unknown: [] },
      opsets: new Map([["", 17]]),
      metadata: new Map(),
      files: new Map(),
      graph: {
        ...{ name: "generator", nodes: this.nodes, initializers: this.initializers },
        ...{ valueInfo: [], unknown: [] },
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, ...latent] }],
        outputs: [{ name: "image", dataType: DataType.FLOAT, shape: [1, ...shape] }],
      },
    };
  }
}

function attribute(value) {
  if (Array.isArray(value)) return { type: "ints", value };
  if (typeof value === "string") return { type: "string", value };
  return Number.isInteger(value) ? { type: "int", value } : { type: "float", value };
}

/** DCGAN (Radford et al. 2016): z [latent] → [3, 64, 64], twice the side for every further number of channels. */
export function dcgan(latent = 100, channels = [512, 256, 128, 64]) {
  const net = new Network();
  let x = net.op("Reshape", ["z", net.integers([1, latent, 1, 1])]);
  const widths = [latent, ...channels, 3];
  for (let i = 0; i <= channels.length; i++) {
    const [inputs, outputs] = [widths[i], widths[i + 1]];
    const weight = net.draw(`weight${i}`, [inputs, outputs, 4, 4], 1 / Math.sqrt(inputs * (i === 0 ? 1 : 4)));
    const place = i === 0 ? {} : { strides: [2, 2], pads: [1, 1, 1, 1] };
    x = net.op("ConvTranspose", [x, weight], place);
    if (i === channels.length) break;
    const statistics = [
      net.draw(`scale${i}`, [outputs], 0.1, 1),
      net.draw(`shift${i}`, [outputs], 0.2),
      net.draw(`mean${i}`, [outputs], 0.2),
      net.tensor(`variance${i}`, [outputs], Array(outputs).fill(1)),
    ];
    x = net.op("Relu", [net.op("BatchNormalization", [x, ...statistics], { epsilon: 1e-5 })]);
  }
  const side = 4 * 2 ** channels.length;
  return net.model(net.op("Tanh", [x]), [latent], [3, side, side]);
}

/** StyleGAN2 (Karras et al. 2020), 512 channels at most, 16384 / size of them: z [512] → [3, size, size]. */
export function stylegan2(size) {
  const net = new Network();
  const width = (side) => Math.min(512, 16384 / side);
  const gain = net.tensor("gain", [], [Math.SQRT2]);
  const tiny = net.tensor("tiny", [], [1e-8]);
  const activate = (x) => net.op("Mul", [net.op("LeakyRelu", [x], { alpha: 0.2 }), gain]);
  const dense = (x, name, inputs, outputs, bias) => {
    const weights = [
      net.draw(`${name}_weight`, [outputs, inputs], inputs ** -0.5),
      net.draw(`${name}_bias`, [outputs], 0.01, bias),
    ];
    return net.op("Gemm", [x, ...weights], { transB: 1 });
  };
  const perChannel = (vector, channels) => net.op("Reshape", [vector, net.integers([1, channels, 1, 1])]);

  const moment = net.op("ReduceMean", [net.op("Mul", ["z", "z"])], { axes: [1] });
  let w = net.op("Div", ["z", net.op("Sqrt", [net.op("Add", [moment, tiny])])]);
  for (let i = 0; i < 8; i++) w = activate(dense(w, `mapping${i}`, 512, 512, 0));

  let layers = 0;
  /** Styles before the convolution, demodulation behind it; `up` doubles the side. */
  const modulated = (x, side, inputs, outputs, { up = false, rgb = false } = {}) => {
    const name = `layer${layers++}`;
    const kernel = rgb ? 1 : 3;
    const style = dense(w, `${name}_style`, 512, inputs, 1);
    const shape = up ? [inputs, outputs, kernel, kernel] : [outputs, inputs, kernel, kernel];
    const weight = net.draw(`${name}_weight`, shape, 1 / Math.sqrt(inputs * kernel * kernel));
    const styled = net.op("Mul", [x, perChannel(style, inputs)]);
    const bias = net.draw(`${name}_bias`, [1, outputs, 1, 1], 0.1);
    if (rgb) return net.op("Add", [net.op("Conv", [styled, weight]), bias]);
    let y = up
      ? net.op("ConvTranspose", [styled, weight], { strides: [2, 2] })
      : net.op("Conv", [styled, weight], { pads: [1, 1, 1, 1] });
    if (up) y = net.op("Conv", [y, blur(net, outputs)], { group: outputs, pads: [1, 1, 1, 1] });
    const squares = net.op("ReduceSum", [net.op("Mul", [weight, weight]), net.integers([2, 3])], {
      keepdims: 0,
    });
    const perInput = up ? squares : net.op("Transpose", [squares], { perm: [1, 0] });
    const energy = net.op("MatMul", [net.op("Mul", [style, style]), perInput]);
    y = net.op("Div", [y, perChannel(net.op("Sqrt", [net.op("Add", [energy, tiny])]), outputs)]);
    y = net.op("Add", [y, net.draw(`${name}_noise`, [1, 1, side, side], 0.1)]);
    return activate(net.op("Add", [y, bias]));
  };

  let x = modulated(net.draw("constant", [1, 512, 4, 4], 1), 4, 512, 512);
  let image = modulated(x, 4, 512, 3, { rgb: true });
  for (let side = 8; side <= size; side *= 2) {
    const [inputs, outputs] = [width(side / 2), width(side)];
    x = modulated(x, side, inputs, outputs, { up: true });
    x = modulated(x, side, outputs, outputs);
    image = net.op("ConvTranspose", [image, blur(net, 3)], { group: 3, strides: [2, 2], pads: [1, 1, 1, 1] });
    image = net.op("Add", [modulated(x, side, outputs, 3, { rgb: true }), image]);
  }
  return net.model(image, [512], [3, size, size]);
}

/** The filter [1, 3, 3, 1] in both directions for every channel, twofold upsampling's gain included. */
function blur(net, channels) {
  const name = `blur${channels}`;
  if (net.initializers.some((tensor) => tensor.name === name)) return name;
  const kernel = [1, 3, 3, 1].flatMap((a) => [1, 3, 3, 1].map((b) => (a * b) / 16));
  return net.tensor(name, [channels, 1, 4, 4], Array(channels).fill(kernel).flat());
}

/**
 * The decoder of latent diffusion's autoencoder (Rombach et al. 2022, KL, f = 8): z [4, side, side] → [3, 8·side, 8·side].
 * `width` is 128 in the published models.
 */
export function latentDecoder(side, width = 128) {
  const net = new Network();
  const groups = net.integers([1, 32, -1]);
  const [ones, zeros] = [
    net.tensor("ones", [32], Array(32).fill(1)),
    net.tensor("zeros", [32], Array(32).fill(0)),
  ];
  const convolution = (x, name, inputs, outputs, kernel = 3) => {
    const weight = net.draw(
      `${name}_weight`,
      [outputs, inputs, kernel, kernel],
      1 / Math.sqrt(inputs * kernel * kernel),
    );
    const pad = (kernel - 1) / 2;
    return net.op("Conv", [x, weight, net.draw(`${name}_bias`, [outputs], 0.01)], {
      pads: [pad, pad, pad, pad],
    });
  };
  const normalized = (x, name, channels, size) => {
    const grouped = net.op("InstanceNormalization", [net.op("Reshape", [x, groups]), ones, zeros], {
      epsilon: 1e-6,
    });
    const y = net.op("Reshape", [grouped, net.integers([1, channels, size, size])]);
    const scale = net.draw(`${name}_scale`, [1, channels, 1, 1], 0.1, 1);
    return net.op("Add", [net.op("Mul", [y, scale]), net.draw(`${name}_shift`, [1, channels, 1, 1], 0.1)]);
  };
  const swish = (x) => net.op("Mul", [x, net.op("Sigmoid", [x])]);
  const residual = (x, name, inputs, outputs, size) => {
    let y = swish(normalized(x, `${name}_norm1`, inputs, size));
    y = swish(normalized(convolution(y, `${name}_conv1`, inputs, outputs), `${name}_norm2`, outputs, size));
    const shortcut = inputs === outputs ? x : convolution(x, `${name}_shortcut`, inputs, outputs, 1);
    return net.op("Add", [convolution(y, `${name}_conv2`, outputs, outputs), shortcut]);
  };
  const attention = (x, name, channels, size) => {
    const y = normalized(x, `${name}_norm`, channels, size);
    const [q, k, v] = ["q", "k", "v"].map((part) =>
      net.op("Reshape", [
        convolution(y, `${name}_${part}`, channels, channels, 1),
        net.integers([1, channels, size * size]),
      ]),
    );
    const root = net.tensor(`${name}_root`, [], [channels ** -0.5]);
    const scores = net.op("Mul", [
      net.op("MatMul", [net.op("Transpose", [q], { perm: [0, 2, 1] }), k]),
      root,
    ]);
    const weights = net.op("Transpose", [net.op("Softmax", [scores], { axis: 2 })], { perm: [0, 2, 1] });
    const seen = net.op("Reshape", [net.op("MatMul", [v, weights]), net.integers([1, channels, size, size])]);
    return net.op("Add", [x, convolution(seen, `${name}_out`, channels, channels, 1)]);
  };

  let channels = 4 * width;
  let x = convolution(convolution("z", "quantized", 4, 4, 1), "first", 4, channels);
  x = residual(x, "middle1", channels, channels, side);
  x = attention(x, "attention", channels, side);
  x = residual(x, "middle2", channels, channels, side);
  const scales = net.tensor("scales", [4], [1, 1, 2, 2]);
  [4, 4, 2, 1].forEach((multiple, level) => {
    const size = side * 2 ** level;
    for (let block = 0; block < 3; block++) {
      x = residual(x, `level${level}_block${block}`, channels, multiple * width, size);
      channels = multiple * width;
    }
    if (level === 3) return;
    const doubled = net.op("Resize", [x, "", scales], { mode: "nearest" });
    x = convolution(doubled, `level${level}_up`, channels, channels);
  });
  x = swish(normalized(x, "last_norm", channels, 8 * side));
  return net.model(convolution(x, "last", channels, 3), [4, side, side], [3, 8 * side, 8 * side]);
}
