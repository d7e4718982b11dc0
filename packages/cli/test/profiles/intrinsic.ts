import { type CommandProfile, integer, positive, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "intrinsic",
  least: ({ model }) => [model, "--samples", "30", "--estimators", "mle,mom"],
  // Without a ball there is no --sample to choose.
  required: ["--radius", "1"],
  limits: {
    ...sampling,
    "--samples": integer(2),
    "--radius": positive,
    "--sample": integer(0),
    "--jacobians": integer(0),
    "--neighbours": integer(2),
  },
  defaults: { "--seed": 0, "--samples": 1000 },
};
