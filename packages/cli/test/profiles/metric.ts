import { type CommandProfile, integer, pictureSize, positive, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "metric",
  least: ({ model }) => [model, "--samples", "2"],
  limits: {
    ...sampling,
    "--draws": integer(1, 1000),
    "--samples": integer(1),
    "--k": integer(1),
    "--differences": positive,
    "--image-range": range,
    "--resize": pictureSize,
  },
  defaults: { "--seed": 0, "--draws": 1, "--samples": 10 },
};
