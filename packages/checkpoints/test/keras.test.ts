// Models of Keras that are not read, and why.

import { describe, expect, it } from "vitest";
import { fromCheckpoint } from "../src/index.ts";
import { fixture } from "./compared.ts";

interface Layer {
  readonly class_name: string;
  readonly config: Record<string, unknown>;
}

/** A layers model of TensorFlow.js whose layers are changed. */
async function changed(change: (layers: Layer[]) => unknown, weights?: unknown[]): Promise<unknown> {
  const model = JSON.parse(new TextDecoder().decode(await fixture("tfjs/model.json")));
  model.modelTopology.config.layers = change(model.modelTopology.config.layers);
  if (weights) model.weightsManifest[0].weights = weights;
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

describe("what is refused names the layer and the remedy", () => {
  it("a class that is not read", async () => {
    const lambda = (layers: Layer[]) => [...layers, { class_name: "Lambda", config: { name: "code" } }];
    await refuses(changed(lambda), /layer "code" \(Lambda\) is of a class that is not read.*ONNX/);
  });

  it("a class that every object has", async () => {
    const odd = (layers: Layer[]) => [...layers, { class_name: "constructor", config: { name: "odd" } }];
    await refuses(changed(odd), /"odd" \(constructor\) is of a class/);
  });

  it("an activation", async () => {
    await refuses(
      changed(replaced(0, { activation: "mine" })),
      /"dense_1" \(Dense\) has the activation "mine"/,
    );
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
  });
});

it("HDF5 files that are damaged, or hold no model", async () => {
  const bytes = await fixture("keras_dcgan.h5");
  await refuses(fromCheckpoint({ name: "cut.h5", bytes: bytes.subarray(0, 3000) }), /"cut.h5".*HDF5/);
});
