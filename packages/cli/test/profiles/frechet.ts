import { type CommandProfile, integer, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "frechet",
  least: ({ model }) => [model, "--samples", "3", "--k", "2", "--held-out", "0"],
  limits: {
    ...sampling,
    "--samples": integer(2),
    "--k": integer(1),
    "--held-out": integer(0),
    "--pca-samples": integer(0),
  },
  defaults: { "--seed": 0, "--samples": 20, "--held-out": 20, "--pca-samples": 10_000 },
};
