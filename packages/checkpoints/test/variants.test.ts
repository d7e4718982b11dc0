// What the published code can write, and is not built: refused by name, whatever its tensors are like.

import { writeSafetensors } from "@vielbein/linalg/safetensors";
import { describe, expect, it } from "vitest";
import { type CheckpointOptions, fromCheckpoint, openCheckpoint } from "../src/index.ts";
import { fixture } from "./compared.ts";

type Tensors = Parameters<typeof writeSafetensors>[0];

/** The tensors of a fixture with others in their place, as safetensors, and a configuration beside them. */
async function changed(
  name: string,
  changes: Tensors,
  config: unknown = {},
  options: CheckpointOptions = {},
): Promise<unknown> {
  const { tensors } = await openCheckpoint({ name, bytes: await fixture(name) });
  const stored = [...tensors].map(
    ([key, tensor]) => [key, { shape: tensor.shape, data: tensor.read() }] as const,
  );
  const bytes = writeSafetensors({ ...Object.fromEntries(stored), ...changes });
  const readBeside = async (): Promise<Uint8Array> => new TextEncoder().encode(JSON.stringify(config));
  return fromCheckpoint({ name: "changed.safetensors", bytes, readBeside }, options);
}

const values = (shape: readonly number[], value = 0.5) => ({
  shape,
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(value),
});

const refused = (message: string) => ({ code: "INVALID_MODEL", message: expect.stringContaining(message) });

describe("PGGAN", () => {
  it.each([
    [{ alpha: 0.5 }, "has alpha 0.5, and 0 is what is built"],
    [{ categoryVectorDim: 3 }, "has categoryVectorDim 3, and 0 is what is built"],
    [{ perChannelNormalization: false }, "has perChannelNormalization false, and true is what is built"],
    [{ lossCriterion: "Hinge" }, "has lossCriterion Hinge, and WGANGP or Logistic or MSE or DCGAN"],
    [{ leakyReluLeak: "0.2" }, 'has leakyReluLeak "0.2", and a finite number is due'],
  ])("of %o", async (config, message) => {
    await expect(changed("pggan_bounded.pt", {}, config)).rejects.toMatchObject(refused(message));
  });

  it("with another layer", async () => {
    const more = { "avgG.scaleLayers.0.2.module.weight": values([7, 7, 3, 3]) };
    await expect(changed("pggan_bounded.pt", more)).rejects.toMatchObject(
      refused('"avgG.scaleLayers.0.2.module.weight" has no place in it'),
    );
  });

  it("says what weights alone do not", async () => {
    const { remarks } = (await changed("pggan_bounded.pt", {})) as { remarks: string[] };
    expect(remarks.join()).toContain("no configuration says slopes, gains and the last activation");
  });
});

describe("BigGAN", () => {
  it.each([
    [{ eps: 0 }, "has eps 0, and a positive and finite number is due"],
    [{ layers: [["yes", 16, 8]] }, "has layers.0.0 yes, and true or false is what is built"],
  ])("of %o", async (config, message) => {
    const given = changed("biggan_configured/pytorch_model.bin", {}, config, { label: 0 });
    await expect(given).rejects.toMatchObject(refused(message));
  });

  it("that is not deep", async () => {
    // The names of the authors' code in PyTorch.
    const tensors = {
      "shared.weight": values([10, 8]),
      "linear.weight": values([64, 4]),
      "linear.u0": values([1, 64]),
      "linear.sv0": values([1]),
      "blocks.0.0.conv1.weight": values([4, 4, 3, 3]),
      "blocks.0.0.bn1.gain.weight": values([4, 12]),
      "output_layer.2.weight": values([3, 4, 3, 3]),
    };
    const given = fromCheckpoint(
      { name: "G.safetensors", bytes: writeSafetensors(tensors) },
      { activation: "relu,tanh" },
    );
    await expect(given).rejects.toMatchObject(refused("is of no architecture that is known here"));
  });
});
