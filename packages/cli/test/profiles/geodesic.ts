import { type CommandProfile, integer, pictureSize, positive, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "geodesic",
  least: ({ model }) => [model, "--segments", "2", "--steps", "1"],
  limits: {
    ...sampling,
    "--segments": integer(2, 1000),
    "--steps": integer(1),
    "--tolerance": positive,
    "--image-range": range,
    "--resize": pictureSize,
  },
  defaults: { "--seed": 0, "--segments": 16, "--steps": 200, "--tolerance": 1e-5 },
};
