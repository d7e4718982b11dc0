// vielbein random: random directions, the control of every method that finds some.

import { defaultNames, randomDirections } from "@vielbein/core";
import { atMost } from "../inputs/direction-counts.ts";
import { writeDirections } from "../inputs/direction-files.ts";
import { loadModel, mapOptions, provenanceOf } from "../inputs/model.ts";
import { prepareMap } from "../inputs/prepared.ts";
import { integer } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { output } from "../kit/command-files.ts";
import { flag, option, required } from "../kit/options.ts";

const DEFAULT_K = 10;

export const random = command({
  argument: "<model>",
  description: "Draws orthonormal directions of --from, uniform over all such frames.",
  options: {
    ...mapOptions,
    k: option("--k <k>", `how many (default: ${DEFAULT_K}, or as many as there are)`, integer(1)),
    seed: option("--seed <n>", "seed of the directions", integer(0), 0),
    out: required(output("--out <file.safetensors>", "write the directions")),
    json: flag("--json", "space and provenance as JSON on stdout"),
  },
  async run({ model, options, terminal }) {
    const { seed, out } = options;
    const loaded = await loadModel(model, options, terminal);
    const { from, to } = await prepareMap(loaded, options);
    const k = atMost(from.dim, options.k, "--k", terminal) ?? Math.min(DEFAULT_K, from.dim);
    const vectors = randomDirections(from.dim, k, seed);
    const points = { seed, prior: { kind: "normal" }, first: 0, count: 0 } as const;
    const provenance = provenanceOf(loaded, { from, to }, "random directions", points, { k, seed });
    const set = { space: from, vectors, names: defaultNames(k), method: "random", provenance };
    await writeDirections(out, set, terminal);
    return { json: () => ({ out, space: from, k, provenance }) };
  },
});
