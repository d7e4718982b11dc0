// Models of Keras that are not read, and why.

import { describe, expect, it } from "vitest";
import { type ConvertedCheckpoint, fromCheckpoint } from "../src/index.ts";
import { evaluate, fixture, largestError } from "./compared.ts";

interface Layer {
  readonly class_name: string;
  readonly module?: string | null;
  readonly registered_name?: string | null;
  readonly config: Record<string, unknown>;
}

/** A layers model of TensorFlow.js whose layers are changed. */
async function changed(
  change: (layers: Layer[]) => unknown,
  weights?: unknown[],
): Promise<ConvertedCheckpoint> {
  const model = JSON.parse(new TextDecoder().decode(await fixture("tfjs/model.json")));
  model.modelTopology.config.layers = change(model.modelTopology.config.layers);
  if (weights) model.weightsManifest[0].weights = weights;
  return converted(model);
}

function converted(model: unknown): Promise<ConvertedCheckpoint> {
  const bytes = new TextEncoder().encode(JSON.stringify(model));
  const readBeside = (location: string): Promise<Uint8Array> => fixture(`tfjs/${location}`);
  return fromCheckpoint({ name: "model.json", bytes, readBeside });
}

const refuses = async (result: Promise<unknown>, message: RegExp): Promise<void> => {
  await expect(result).rejects.toMatchObject({
    code: "INVALID_MODEL",
    message: expect.stringMatching(message),
  });
};

const replaced = (index: number, changes: Record<string, unknown>) => (layers: Layer[]) =>
  layers.map((layer, i) => (i === index ? { ...layer, config: { ...layer.config, ...changes } } : layer));

/** z [4] → an image [4, 4, 5] → the layers, with the weights of the layers model. */
async function functional(...further: (Layer & { readonly inbound_nodes: unknown[] })[]) {
  const model = JSON.parse(new TextDecoder().decode(await fixture("tfjs/model.json")));
  const [first, , , image] = model.modelTopology.config.layers;
  const layers = [
    { class_name: "InputLayer", config: { name: "z", batch_shape: [null, 4] }, inbound_nodes: [] },
    { ...first, inbound_nodes: [[["z", 0, 0, {}]]] },
    { ...image, config: { ...image.config, name: "x" }, inbound_nodes: [[["dense_1", 0, 0, {}]]] },
    ...further,
  ];
  const output = layers.at(-1).config.name;
  model.modelTopology = {
    class_name: "Functional",
    config: { layers, input_layers: [["z", 0, 0]], output_layers: [[output, 0, 0]] },
  };
  return converted(model);
}

/** The output at one code. */
const outputOf = async ({ model }: ConvertedCheckpoint): Promise<number[]> => [
  ...(await evaluate(model, {
    z: { type: "float32", dims: [1, 4], data: Float32Array.of(0.3, -1, 2, 0.7) },
  })),
];

const keras3 = (name: string) => ({
  class_name: "__keras_tensor__",
  config: { keras_history: [name, 0, 0] },
});
const numpy = (value: unknown) => ({ class_name: "__numpy__", config: { value, dtype: "float32" } });
const called = (class_name: string, node: unknown) => ({
  class_name,
  config: { name: "y" },
  inbound_nodes: [node],
});

describe("constants that operators are given", () => {
  it.each<[string, string, unknown, (x: number, channel: number) => number]>([
    ["a number", "Multiply", { args: [keras3("x"), 0.5], kwargs: {} }, (x) => 0.5 * x],
    ["a number before the tensor", "Add", { args: [3, keras3("x")], kwargs: {} }, (x) => 3 + x],
    [
      "an array, one number for each channel",
      "Add",
      { args: [keras3("x"), numpy([0, 1, 2, 3, 4])], kwargs: {} },
      (x, channel) => x + channel,
    ],
    [
      "a constant of earlier versions",
      "Multiply",
      [
        ["x", 0, 0, {}],
        ["_CONSTANT_VALUE", -1, [[[[2]]]], {}],
      ],
      (x) => 2 * x,
    ],
  ])("%s", async (_, operator, node, expected) => {
    const x = await outputOf(await functional());
    const y = await outputOf(await functional(called(operator, node)));
    expect(y).toHaveLength(80);
    expect(
      largestError(
        y,
        x.map((value, i) => expected(value, Math.floor(i / 16))),
      ),
    ).toBeLessThan(1e-6);
  });

  it.each<[string, string, unknown, RegExp]>([
    ["another layer", "Concatenate", { args: [[keras3("x")], 1] }, /"y" \(Concatenate\) is given a constant/],
    ["a shape that does not fit", "Add", { args: [keras3("x"), numpy([1, 2])] }, /shapes that do not fit/],
    ["rows of unlike lengths", "Add", { args: [keras3("x"), numpy([[1], [1, 2]])] }, /is called with/],
    [
      "a constant for each code",
      "Add",
      { args: [keras3("x"), numpy([[[[1]]], [[[1]]]])] },
      /constant of shape/,
    ],
    ["an argument by name", "Multiply", { args: [keras3("x")], kwargs: { x2: 2 } }, /called with x2 2/],
    [
      "two tensors for one",
      "ReLU",
      { args: [keras3("x"), keras3("x")] },
      /given 2 tensors, where one is due/,
    ],
    [
      "training of earlier versions",
      "Dropout",
      [["x", 0, 0, { training: true }]],
      /called with training true/,
    ],
  ])("are refused: %s", async (_, operator, node, message) => {
    await refuses(functional(called(operator, node)), message);
  });
});

it.each([
  "keras.layers",
  "keras.src.layers.core.dense",
  "tf_keras.src.layers.core.dense",
  "tensorflow.python.keras.layers.core",
])("a layer of the module %s is Keras's own", async (module) => {
  const named = (layers: Layer[]) =>
    layers.map((layer) => ({ ...layer, module, registered_name: layer.class_name }));
  const { model } = await changed(named);
  expect(model.graph.inputs).toHaveLength(1);
});

it("a file that names no modules may have layers of an author's own, which a remark says", async () => {
  const remark = /does not say whose classes its layers are of/;
  for (const [name, is] of [
    ["keras_dcgan.h5", true],
    ["keras_dcgan.keras", false],
  ] as const) {
    const { remarks } = await fromCheckpoint({ name, bytes: await fixture(name) });
    expect(remarks.some((each) => remark.test(each))).toBe(is);
  }
});

describe("the range", () => {
  const rangeOf = async (class_name: string, config: Record<string, unknown> = {}) => {
    const { model } = await changed((layers) => [
      ...layers,
      { class_name, config: { name: "last", ...config } },
    ]);
    return model.metadata.get("vielbein.range");
  };
  const statistics = ["gamma", "beta", "moving_mean", "moving_variance"];

  it.each(["LeakyReLU", "ReLU", "ELU"])("is not stated where %s follows the tanh", async (className) => {
    expect(await rangeOf(className)).toBeUndefined();
  });

  it("is not stated where the tanh is normalised", async () => {
    const model = JSON.parse(new TextDecoder().decode(await fixture("tfjs/model.json")));
    const { layers } = model.modelTopology.config;
    layers.push({ class_name: "BatchNormalization", config: { name: "last" } });
    const manifest = model.weightsManifest[0];
    for (const name of statistics)
      manifest.weights.push({ name: `last/${name}`, shape: [3], dtype: "float32" });
    const readBeside = async (location: string) =>
      location.includes("2of2")
        ? new Uint8Array([...(await fixture(`tfjs/${location}`)), ...new Uint8Array(48)])
        : fixture(`tfjs/${location}`);
    const bytes = new TextEncoder().encode(JSON.stringify(model));
    const { model: network } = await fromCheckpoint({ name: "model.json", bytes, readBeside });
    expect(network.metadata.get("vielbein.range")).toBeUndefined();
  });

  it("stays that of the tanh behind what is at work while training alone", async () => {
    expect(await rangeOf("Dropout", { rate: 0.5 })).toBe("-1,1");
    expect(await rangeOf("Activation", { activation: "linear" })).toBe("-1,1");
  });
});

describe("what is refused names the layer and the remedy", () => {
  it("a class that is not read", async () => {
    const lambda = (layers: Layer[]) => [...layers, { class_name: "Lambda", config: { name: "code" } }];
    await refuses(changed(lambda), /layer "code" \(Lambda\) is of a class that is not read.*ONNX/);
  });

  it("a class that every object has", async () => {
    const odd = (layers: Layer[]) => [...layers, { class_name: "constructor", config: { name: "odd" } }];
    await refuses(changed(odd), /"odd" \(constructor\) is of a class/);
  });

  it.each<[string, Partial<Layer>, string]>([
    ["registered in a package", { module: null, registered_name: "my>Dense" }, "my>Dense"],
    ["of no package", { module: null, registered_name: "Dense" }, "Dense"],
    ["of a module", { module: "my.layers", registered_name: "Dense" }, "my.layers.Dense"],
    [
      "of a module that is called like one of Keras",
      { module: "keras_contrib.layers" },
      "keras_contrib.layers",
    ],
    ["registered, of Keras 2", { registered_name: "Custom>Dense" }, "Custom>Dense"],
  ])("a class of an author's own that is called as one of Keras is: %s", async (_, origin, name) => {
    const own = (layers: Layer[]) => layers.map((layer, i) => (i === 0 ? { ...layer, ...origin } : layer));
    await refuses(
      changed(own),
      new RegExp(`"dense_1" \\(Dense\\) is of a class of its author's own, "${name}`),
    );
  });

  it("a model of an author's own class", async () => {
    const model = JSON.parse(new TextDecoder().decode(await fixture("tfjs/model.json")));
    model.modelTopology = { ...model.modelTopology, module: null, registered_name: "Sequential" };
    await refuses(converted(model), /model is of a class of its author's own, "Sequential"/);
  });

  it("an activation", async () => {
    await refuses(
      changed(replaced(0, { activation: "mine" })),
      /"dense_1" \(Dense\) has the activation "mine"/,
    );
  });

  it("channels that come first, which would be elements in another order", async () => {
    const flat = (layers: Layer[]) => [
      ...layers,
      { class_name: "Flatten", config: { name: "flat", data_format: "channels_first" } },
    ];
    await refuses(changed(flat), /"flat" \(Flatten\) has its channels first/);
  });

  it("a shape that does not follow", async () => {
    await refuses(
      changed(replaced(3, { targetShape: [4, 4, 6], target_shape: [4, 4, 6] })),
      /has shape|cannot make/,
    );
    await refuses(
      changed(replaced(0, { batch_input_shape: [null, null] })),
      /an input of shape \[null,null\]/,
    );
  });

  // The layers: dense_1, batch, LeakyReLU, Reshape to [4, 4, 5], up (ConvTranspose), UpSampling, colours (Conv).
  it.each<[string, number, Record<string, unknown>, RegExp]>([
    ["units", 0, { units: 64 }, /"dense_1" .* a kernel of shape \[4,80\], where \[4,64\] is due/],
    ["a kernel's size", 6, { kernel_size: [9, 9] }, /a kernel of shape \[3,3,4,3\], where \[9,9,4,3\]/],
    ["a transposed kernel's size", 4, { kernel_size: 4 }, /a kernel of shape \[5,5,4,5\], where \[4,4,4,5\]/],
    ["filters", 6, { filters: 4 }, /a kernel of shape \[3,3,4,3\], where \[3,3,4,4\]/],
    ["no groups", 6, { groups: 0 }, /needs a positive integer as groups/],
    ["groups that do not divide", 6, { groups: 3 }, /has 3 groups of 4 channels and 3 filters/],
    ["groups of half a channel", 6, { groups: 0.5 }, /needs a positive integer as groups/],
    ["groups of a transposed convolution", 4, { groups: 2 }, /"up" \(Conv2DTranspose\) has groups/],
    ["padding of an output", 4, { output_padding: 1 }, /padding of its output/],
    ["a kernel larger than the image", 6, { padding: "valid", dilation_rate: 9 }, /a tensor of shape \[-?\d/],
    ["an axis that is not there", 1, { axis: 9 }, /another axis than the last/],
    ["several axes", 1, { axis: [1, 2] }, /another axis than the last/],
    ["more than fits", 5, { size: [1e9, 1e9] }, /makes a tensor of shape \[8000000000,/],
    ["an option that nobody knows", 1, { renorm: true }, /"batch" .* has renorm true, which is not read/],
    ["a flag that is none", 0, { use_bias: "no" }, /needs true or false as use_bias/],
  ])("a layer that is configured for another network: %s", async (_, index, changes, message) => {
    await refuses(changed(replaced(index, changes)), message);
  });

  it("an axis along which tensors cannot be joined", async () => {
    const joined = (axis: number) => ({
      ...called("Concatenate", [
        ["x", 0, 0, {}],
        ["x", 0, 0, {}],
      ]),
      config: { name: "y", axis },
    });
    await refuses(functional(joined(9)), /joins along the axis 9 of \[4,4,5\]/);
    await refuses(functional(joined(0)), /joins along the axis 0/);
  });

  it("an embedding of what another layer makes", async () => {
    const embedding = { ...called("Embedding", [["x", 0, 0, {}]]), config: { name: "y", output_dim: 2 } };
    await refuses(functional(embedding), /"y" \(Embedding\) reads another tensor than an input/);
  });

  it("weights that are not there", async () => {
    await refuses(changed(replaced(0, { name: "other" })), /"keras.other.kernel" is missing/);
    await refuses(
      changed((layers) => layers, []),
      /no tensors/,
    );
  });

  it("weights that the files do not have", async () => {
    const weights = [{ name: "dense_1/kernel", shape: [1e9, 1e9], dtype: "float32" }];
    await refuses(
      changed((layers) => layers, weights),
      /end before "dense_1\/kernel"/,
    );
  });

  it("no layers at all", async () => {
    await refuses(
      changed(() => "none"),
      /lists no layers/,
    );
    await refuses(
      changed(() => []),
      /no layer of its configuration is its output/,
    );
  });
});

it("HDF5 files that are damaged, or hold no model", async () => {
  const bytes = await fixture("keras_dcgan.h5");
  await refuses(fromCheckpoint({ name: "cut.h5", bytes: bytes.subarray(0, 3000) }), /"cut.h5".*HDF5/);
});

it.each([
  ["virtual.h5", "is virtual"],
  ["external.h5", "cannot be read"],
])("arrays whose elements lie in other files: %s", async (name, why) => {
  const bytes = await fixture(`keras_elsewhere/${name}`);
  await refuses(
    fromCheckpoint({ name, bytes }),
    new RegExp(`"${name}".*"model_weights/dense/kernel" ${why}`),
  );
});
