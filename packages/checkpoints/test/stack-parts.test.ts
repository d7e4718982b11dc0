// Plain stacks of which the file does not say all: what lies beside them, and what stands between their layers.

import { writeNpz } from "@vielbein/linalg/npy";
import { describe, expect, it } from "vitest";
import { type CheckpointOptions, type ConvertedCheckpoint, fromCheckpoint } from "../src/index.ts";
import { convert } from "./compared.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

/** A file of tensors in their order. */
function open(shapes: Shapes, options: CheckpointOptions = { activation: "relu,tanh" }) {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return [name, { shape, data: new Float32Array(size).fill(0.5) }] as const;
  });
  return fromCheckpoint({ name: "g.npz", bytes: writeNpz(Object.fromEntries(tensors)) }, options);
}

const behind = (prefix: string, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]));

const norm = (name: string, channels: number): Shapes =>
  Object.fromEntries(
    ["weight", "bias", "running_mean", "running_var"].map((part) => [`${name}.${part}`, [channels]]),
  );

async function requireRefused(given: Promise<ConvertedCheckpoint>, why: string): Promise<void> {
  await expect(given).rejects.toMatchObject({
    code: "INVALID_MODEL",
    message: expect.stringMatching(/no model is made of it: .*Export the generator as ONNX/),
  });
  await expect(given).rejects.toThrow(why);
}

const STACK: Shapes = { "0.weight": [12, 6, 4, 4], "2.weight": [6, 3, 4, 4] };

describe("what lies beside a stack", () => {
  it.each<[string, Shapes, string]>([
    [
      "a dense layer",
      { "encoder.weight": [5, 3, 4, 4], "decoder_input.weight": [48, 5], "decoder_input.bias": [48] },
      '"decoder_input.weight" [48, 5]',
    ],
    ["batch normalisation", norm("bn", 12), '"bn.weight" [12], "bn.running_mean" [12]'],
    ["an embedding as wide", { "label_emb.weight": [10, 12] }, '"label_emb.weight" [10, 12]'],
    ["an embedding beside a code", { "label_emb.weight": [10, 7] }, '"label_emb.weight" [10, 7]'],
    ["a convolution", { "stem.weight": [12, 5, 3, 3], "stem.bias": [12] }, '"stem.weight" [12, 5, 3, 3]'],
    [
      "a convolution of colours",
      { "encoder.weight": [5, 3, 4, 4], "refine.weight": [3, 3, 3, 3] },
      '"refine.weight" [3, 3, 3, 3]',
    ],
    [
      "an encoder of labels",
      { "label_encoder.weight": [24, 9], "label_encoder.bias": [24] },
      '"label_encoder.weight"',
    ],
  ])("may belong to it, and it is refused: %s", async (_, beside, named) => {
    const given = open({ ...beside, ...behind("main.", STACK) });
    await requireRefused(given, `"main" is a stack whose first layer takes 12 channels`);
    await expect(given).rejects.toThrow(named);
  });

  it("may be another module of one Sequential, and it is refused", async () => {
    const given = open({ "0.odd": [7], "1.weight": [7, 5], ...behind("2.", STACK) });
    await requireRefused(given, '"0.odd" [7], "1.weight" [7, 5]');
  });

  it("is another network, and is said to be left out", async () => {
    const beside = {
      "encoder.0.weight": [12, 3, 4, 4],
      "fc_mu.weight": [12, 96],
      "fc_logvar.weight": [12, 96],
      "classes.weight": [7, 25],
      "classes.bias": [7],
      "optimizer.state.0.exp_avg": [12, 6, 4, 4],
    };
    const { model, remarks } = await open({ ...beside, ...behind("decoder.", STACK) });
    expect(model.graph.inputs[0]!.shape).toEqual(["n", 12]);
    expect(remarks).toContain(
      "other tensors of the file are left out: encoder, fc_mu, fc_logvar, classes, optimizer",
    );
  });

  it("is the network that its averages are of", async () => {
    const { remarks } = await open({ ...STACK, ...behind("ema.", STACK) });
    expect(remarks[0]).toBe("checkpoint of plain stack (DCGAN): ema");
  });
});

describe("modules without tensors between the layers", () => {
  const dense: Shapes = { "0.weight": [96, 5] };
  const transposed = (at: number, shape: readonly number[]): Shapes => ({ [`${at}.weight`]: shape });

  it.each<[string, Shapes, string]>([
    [
      "two between layers",
      { ...transposed(0, [5, 6, 4, 4]), ...transposed(3, [6, 3, 4, 4]) },
      'leave out "1", "2"',
    ],
    [
      "two behind batch normalisation",
      { ...transposed(0, [5, 6, 4, 4]), ...norm("1", 6), ...transposed(4, [6, 3, 4, 4]) },
      'leave out "2", "3"',
    ],
    [
      "one on either side of it",
      { ...transposed(0, [5, 6, 4, 4]), ...norm("2", 6), ...transposed(4, [6, 3, 4, 4]) },
      'leave out "1", "3"',
    ],
    [
      "one in front of the first",
      { ...transposed(1, [5, 6, 4, 4]), ...transposed(3, [6, 3, 4, 4]) },
      'leave out "0"',
    ],
    ["one behind a dense layer", { ...dense, ...transposed(2, [6, 3, 4, 4]) }, 'leave out "1"'],
    ["three behind a dense layer", { ...dense, ...transposed(4, [6, 3, 4, 4]) }, 'leave out "1", "2", "3"'],
    [
      "one in front of the last normalisation",
      { ...transposed(0, [5, 6, 4, 4]), ...transposed(2, [6, 3, 4, 4]), ...norm("4", 3) },
      'leave out "3"',
    ],
    ["one in a block", { "0.0.weight": [5, 6, 4, 4], "1.1.weight": [6, 3, 4, 4] }, 'leave out "1.0"'],
    [
      "as many as a hostile name says",
      { ...transposed(0, [5, 6, 4, 4]), ...transposed(1e15, [6, 3, 4, 4]) },
      "and more",
    ],
    [
      "an activation between some alone",
      { ...transposed(0, [5, 6, 4, 4]), ...transposed(1, [6, 6, 4, 4]), ...transposed(3, [6, 3, 4, 4]) },
      'no module stands between its layers "0" and "1", and one does behind "1"',
    ],
  ])("are not guessed: %s", async (_, shapes, why) => {
    await requireRefused(open(shapes), why);
  });

  it.each<[string, Shapes]>([
    ["an activation", { ...transposed(0, [5, 6, 4, 4]), ...transposed(2, [6, 3, 4, 4]) }],
    [
      "none, where the activations are functions",
      { ...transposed(0, [5, 6, 4, 4]), ...transposed(1, [6, 3, 4, 4]) },
    ],
    ["an activation and the reshape", { ...dense, ...transposed(3, [6, 3, 4, 4]) }],
    ["blocks", { "0.0.weight": [5, 6, 4, 4], ...norm("0.1", 6), "1.0.weight": [6, 3, 4, 4] }],
  ])("may be %s", async (_, shapes) => {
    expect((await open(shapes)).model.graph.outputs[0]!.shape).toEqual(["n", 3, 8, 8]);
  });

  it("are named where they are the activation, as is what each layer was taken for", async () => {
    const { remarks } = await convert("activation_first.pt", { activation: "relu,tanh" });
    expect(remarks).toContain(
      "its layers, each with an activation behind it: 0 dense → 64 (activation, batch normalisation 2), 4 transposed convolution of stride 2 → 3×8×8 (activation, batch normalisation 6), 7 transposed convolution of stride 2 → 1×16×16",
    );
  });
});

describe("activations of what is called as a β-VAE is", () => {
  const published =
    "activations are not in the file; those of the published network are taken: relu,sigmoid (--activation says others)";

  it("are those of the published one, which a remark says", async () => {
    const { model, remarks } = await convert("beta_vae.pt");
    expect(remarks).toContain(published);
    expect(model.metadata.get("vielbein.range")).toBe("0,1");
  });

  it("are others where others are asked for", async () => {
    const { model, remarks } = await convert("beta_vae.pt", { activation: "leaky_relu:0.2,tanh" });
    expect(remarks).not.toContain(published);
    expect(model.metadata.get("vielbein.range")).toBe("-1,1");
    const kinds = new Set(model.graph.nodes.map(({ opType }) => opType));
    expect([kinds.has("LeakyRelu"), kinds.has("Tanh"), kinds.has("Relu")]).toEqual([true, true, false]);
  });
});

describe("averages whose names have lost their points", () => {
  const flat = (shapes: Shapes): Shapes => ({
    ...behind(
      "model_ema.",
      Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name.replaceAll(".", ""), shape])),
    ),
    "model_ema.decay": [1],
    "model_ema.num_updates": [1],
  });

  it("are taken for those whose names they are", async () => {
    const { remarks } = await convert("averaged.pt", { activation: "relu,tanh" });
    expect(remarks[0]).toBe("checkpoint of plain stack (DCGAN): state_dict.model_ema");
    expect(remarks).toContain(
      "averaged weights of the file (state_dict.model_ema) have names without points, which are those of state_dict.generator; what is not averaged is taken from there",
    );
  });

  it.each<[string, Shapes]>([
    ["two networks", { ...behind("a.", STACK), ...behind("b.", STACK) }],
    ["a network of other shapes", behind("a.", { ...STACK, "2.weight": [6, 1, 4, 4] })],
  ])("are left out where they may be of %s, which a remark says", async (_, shapes) => {
    const { remarks } = await open({ ...shapes, ...flat(STACK) });
    expect(remarks[0]).toBe("checkpoint of plain stack (DCGAN): a");
    expect(remarks.join()).toContain(
      "(model_ema) have names without points, of which it is not certain whose they are; they are left out, and those of a are taken",
    );
  });
});
