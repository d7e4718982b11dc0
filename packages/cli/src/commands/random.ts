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

const DEFAULT_COUNT = 10;

export const random = command({
  name: "random",
  argument: "<model>",
  summary: "random directions, the control of those that were found",
  description: "Draws orthonormal directions of --from, uniform over all such frames.",
  options: {
    ...mapOptions,
    count: option("--count <k>", `how many (default: ${DEFAULT_COUNT}, or as many as there are)`, integer(1)),
    seed: option("--seed <n>", "seed of the directions", integer(0), 0),
    out: required(output("--out <file.safetensors>", "write the directions")),
    json: flag("--json", "space and provenance as JSON on stdout"),
  },
  async run({ model, options, terminal }) {
    const { seed, out } = options;
    const loaded = await loadModel(model, options, terminal);
    const { from, to } = await prepareMap(loaded, options);
    const count = atMost(from.dim, options.count, "--count", terminal) ?? Math.min(DEFAULT_COUNT, from.dim);
    const vectors = randomDirections(from.dim, count, seed);
    const points = { seed, prior: { kind: "normal" }, first: 0, count: 0 } as const;
    const provenance = provenanceOf(loaded, { from, to }, "random directions", points, { count, seed });
    const set = { space: from, vectors, names: defaultNames(count), method: "random", provenance };
    await writeDirections(out, set, terminal);
    return { json: () => ({ out, space: from, count, provenance }) };
  },
});
