import { type CommandProfile, integer, positives, sampling, untrained } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "warpage",
  least: ({ model }) => [model, "--pairs", "2", "--untrained", "0", "--pca-samples", "0", "--k", "2"],
  limits: {
    ...sampling,
    "--pairs": integer(1),
    "--k": integer(1),
    "--epsilon": positives,
    "--untrained": untrained,
    "--pca-samples": integer(0),
    "--frechet-samples": integer(0),
  },
  defaults: { "--seed": 0, "--pairs": 100, "--epsilon": [0.1], "--untrained": 3, "--frechet-samples": 0 },
};
