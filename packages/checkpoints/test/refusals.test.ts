// What is refused although its tensors can be read: every refusal says of which file it is, why, what the file holds, and
// how to export.

import { readSafetensors, writeSafetensors } from "@vielbein/linalg/safetensors";
import { describe, expect, it } from "vitest";
import { type CheckpointOptions, fromCheckpoint } from "../src/index.ts";
import { fixture } from "./compared.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

function file(shapes: Shapes): Uint8Array {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return [name, { shape, data: new Float32Array(size).fill(0.5) }] as const;
  });
  return writeSafetensors(Object.fromEntries(tensors));
}

/** The file with another element type of the same size for one of its tensors. */
function retyped(bytes: Uint8Array, name: string, type: string, shape: readonly number[]): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  Object.assign(header[name], { dtype: type, shape });
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  return Uint8Array.from([...start, ...text, ...bytes.subarray(8 + length)]);
}

const STACK: Shapes = { "0.weight": [5, 6, 4, 4], "1.weight": [6, 3, 4, 4] };
const activation = "relu,tanh";

const LUCIDRAINS: Shapes = {
  "SE.net.0.weight": [4, 4],
  "GE.blocks.0.conv1.weight": [4, 4, 3, 3],
  "GE.blocks.0.to_noise1.weight": [4, 1],
  "GE.attns.0.0.fn.fn.to_q.weight": [4, 4, 1, 1],
};

const STYLEGAN1: Shapes = {
  "mapping/Dense0/weight": [8, 4],
  "mapping/LabelConcat/weight": [3, 4],
  "synthesis/4x4/Const/StyleMod/weight": [4, 8],
  "synthesis/ToRGB_lod0/weight": [1, 1, 4, 3],
};

/** A functional model of Keras, one of whose layers is used twice. */
const shared = {
  modelTopology: {
    class_name: "Functional",
    config: {
      layers: [
        { class_name: "InputLayer", config: { name: "z", batch_shape: [null, 4] }, inbound_nodes: [] },
        {
          class_name: "Dense",
          config: { name: "twice", units: 4, activation: "relu" },
          inbound_nodes: [[["z", 0, 0, {}]], [["twice", 0, 0, {}]]],
        },
      ],
      input_layers: [["z", 0, 0]],
      output_layers: [["twice", 1, 0]],
    },
  },
  weightsManifest: [
    { paths: ["w.bin"], weights: [{ name: "twice/kernel", shape: [4, 4], dtype: "float32" }] },
  ],
};

const graphModel = { ...shared, modelTopology: { node: [{ name: "x", op: "Placeholder" }] } };

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

interface Case {
  readonly what: string;
  readonly bytes: () => Uint8Array | Promise<Uint8Array>;
  readonly options?: CheckpointOptions;
  readonly why: string;
  readonly holds: string;
}

const cases: readonly Case[] = [
  {
    what: "attention of lucidrains' StyleGAN2",
    bytes: () => file(LUCIDRAINS),
    why: 'is like StyleGAN2 (lucidrains), and no model is made of it: tensor "GE.attns.0.0.fn.fn.to_q.weight" is of attention',
    holds: "4 tensors: GE.attns.0.0.fn.fn.to_q.weight [4, 4, 1, 1], GE.blocks.0.conv1.weight",
  },
  {
    what: "classes of StyleGAN1",
    bytes: () => file(STYLEGAN1),
    why: 'is like StyleGAN1 (NVIDIA, TensorFlow), and no model is made of it: tensor "mapping/LabelConcat/weight" is of classes',
    holds: "mapping/LabelConcat/weight [3, 4]",
  },
  {
    what: "a layer of Keras that is used twice",
    bytes: () => json(shared),
    why: 'is like Keras model, and no model is made of it: layer "twice" (Dense) is used several times',
    holds: "1 tensor: keras.twice.kernel [4, 4]",
  },
  {
    what: "a graph model of TensorFlow.js",
    bytes: () => json(graphModel),
    why: "is a graph model of TensorFlow.js",
    holds: "1 tensor: twice/kernel [4, 4]",
  },
  {
    what: "complex numbers",
    bytes: () => retyped(file(STACK), "1.weight", "C64", [6, 3, 4, 2]),
    options: { activation },
    why: "is of no architecture that is known here",
    holds: "1.weight [6, 3, 4, 2]",
  },
  {
    what: "integers",
    bytes: () => retyped(file(STACK), "1.weight", "I32", [6, 3, 4, 4]),
    options: { activation },
    why: 'tensor "1.weight" is stored as int32, as quantised weights are',
    holds: "2 tensors: 0.weight [5, 6, 4, 4], 1.weight [6, 3, 4, 4]",
  },
  {
    what: "a module that is no plain stack",
    bytes: () => fixture("unlike/gelu.pth"),
    why: 'is like plain stack (DCGAN), and no model is made of it: it is a whole module that is no plain stack: its module "4" is a GELU',
    holds: "0.weight [2, 2, 4, 4]",
  },
  {
    what: "TorchScript, whatever its tensors are like",
    bytes: () => fixture("unlike/torchscript.pt"),
    options: { activation },
    why: "is TorchScript, a program whose code is not run; PyTorch runs and exports it: torch.onnx.export(torch.jit.load(FILE)",
    holds: "4 tensors: 0.weight [2, 2, 4, 4]",
  },
  {
    what: "a tensor that is missing",
    bytes: () =>
      file({
        "mapping.fc0.weight": [4, 4],
        "synthesis.b4.const": [4, 4, 4],
        "synthesis.b4.conv1.affine.weight": [4, 4],
      }),
    why: 'is like StyleGAN2 (NVIDIA), and no model is made of it: tensor "mapping.fc0.bias" is missing',
    holds: "3 tensors: mapping.fc0.weight [4, 4]",
  },
];

describe("a refusal says what the file holds, and how to export", () => {
  it.each(cases.map((each) => [each.what, each] as const))(
    "%s",
    async (_, { bytes, options, why, holds }) => {
      const readBeside = async (location: string): Promise<Uint8Array> =>
        location === "w.bin" ? new Uint8Array(64) : expect.unreachable();
      const given = fromCheckpoint({ name: "mine.bin", bytes: await bytes(), readBeside }, options);
      const error: Error & { code?: string } = await given.then(
        () => expect.unreachable(),
        (error) => error,
      );
      expect(error.code).toBe("INVALID_MODEL");
      expect(error.message).toContain(`"mine.bin" (`);
      expect(error.message).toContain(why);
      expect(error.message).toContain(holds);
      expect(error.message).toMatch(/Export the generator as ONNX .*docs\/exporting\.md/);
      expect(error.message).not.toMatch(/\.\.|undefined/);
    },
  );

  const decoder = "sd_vae/diffusion_pytorch_model.safetensors";

  it("a layer that is left over", async () => {
    const { tensors } = readSafetensors(await fixture(decoder));
    const attention = "decoder.up_blocks.0.attentions.0.to_q.weight";
    const more = { ...tensors, [attention]: { shape: [1], data: Float32Array.of(1) } };
    const readBeside = async (): Promise<Uint8Array> => json({ norm_num_groups: 2 });
    const file = { name: "more.safetensors", bytes: writeSafetensors(more), readBeside };
    const given = fromCheckpoint(file, { size: 8 });
    await expect(given).rejects.toThrow(`"${attention}" has no place in it`);
  });

  it("a configuration of another network", async () => {
    const readBeside = async (): Promise<Uint8Array> => json({ act_fn: "gelu", norm_num_groups: 2 });
    const given = fromCheckpoint({ name: "vae", bytes: await fixture(decoder), readBeside }, { size: 8 });
    await expect(given).rejects.toThrow("has act_fn gelu, and silu or swish is what is built");
  });

  it("weights with a scale beside them", async () => {
    const { tensors } = readSafetensors(await fixture("stylegan2_ada.safetensors"));
    const scaled = { ...tensors, "mapping.fc1.scale_weight": { shape: [], data: Float32Array.of(3) } };
    await expect(
      fromCheckpoint({ name: "scaled.safetensors", bytes: writeSafetensors(scaled) }),
    ).rejects.toThrow('"mapping.fc1.weight" is stored as float32 to the scale of "mapping.fc1.scale_weight"');
  });
});
