import { type CommandProfile, integer, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "pca",
  least: ({ model }) => [model, "--samples", "10"],
  limits: { ...sampling, "--samples": integer(2), "--k": integer(1) },
  defaults: { "--seed": 0, "--samples": 10_000 },
};
