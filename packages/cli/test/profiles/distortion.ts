import { type CommandProfile, integer, percent, positive, sampling, untrained } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "distortion",
  least: ({ model }) => [model, "--pairs", "4", "--untrained", "0", "--k", "2"],
  limits: {
    ...sampling,
    "--pairs": integer(1),
    "--epsilon": positive,
    "--k": integer(1),
    "--threshold": positive,
    "--alpha": percent,
    "--untrained": untrained,
  },
  defaults: {
    "--seed": 0,
    "--pairs": 100,
    "--epsilon": 0.1,
    "--threshold": 0.01,
    "--alpha": 0.5,
    "--untrained": 3,
  },
};
