import { type CommandProfile, integer, pictureSize, positive, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "ppl",
  least: ({ model }) => [model, "--pairs", "2"],
  limits: {
    ...sampling,
    "--pairs": integer(1),
    "--epsilon": positive,
    "--image-range": range,
    "--resize": pictureSize,
  },
  defaults: { "--seed": 0, "--pairs": 1000, "--epsilon": 1e-4 },
};
