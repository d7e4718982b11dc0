// vielbein random: random directions, the control of every method that finds some.

import { defaultNames, randomDirections } from "@vielbein/core";
import type { Command } from "commander";
import { atMost } from "../inputs/direction-counts.ts";
import { writeDirections } from "../inputs/direction-files.ts";
import { addMapOptions, loadModel, type MapOptions, provenanceOf } from "../inputs/model.ts";
import { prepareMap } from "../inputs/prepared.ts";
import { integer } from "../kit/arguments.ts";
import { OutputOption } from "../kit/command-files.ts";
import { print, type Terminal } from "../kit/terminal.ts";

interface RandomOptions extends MapOptions {
  count?: number;
  seed: number;
  out: string;
  json?: boolean;
}

const DEFAULT_COUNT = 10;

export function randomCommand(program: Command, terminal: Terminal): void {
  addMapOptions(
    program
      .command("random <model>")
      .summary("random directions, the control of those that were found")
      .description("Draws orthonormal directions of --from, uniform over all such frames."),
  )
    .option("--count <k>", `how many (default: ${DEFAULT_COUNT}, or as many as there are)`, integer(1))
    .option("--seed <n>", "seed of the directions", integer(0), 0)
    .addOption(new OutputOption("--out <file.safetensors>", "write the directions").makeOptionMandatory())
    .option("--json", "space and provenance as JSON on stdout")
    .action(async (argument: string, options: RandomOptions) => {
      const loaded = await loadModel(argument, options, terminal);
      const { from, to } = await prepareMap(loaded, options);
      const count = atMost(from.dim, options.count, "--count", terminal) ?? Math.min(DEFAULT_COUNT, from.dim);
      const vectors = randomDirections(from.dim, count, options.seed);
      const points = { seed: options.seed, prior: { kind: "normal" }, first: 0, count: 0 } as const;
      const provenance = provenanceOf(loaded, { from, to }, "random directions", points, {
        count,
        seed: options.seed,
      });
      const set = { space: from, vectors, names: defaultNames(count), method: "random", provenance };
      await writeDirections(options.out, set, terminal);
      if (options.json) {
        print(terminal, { out: options.out, space: from, count, provenance });
      }
    });
}
