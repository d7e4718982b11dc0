import {
  between,
  type CommandProfile,
  integer,
  pictureSize,
  positive,
  range,
  sampling,
} from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "invert",
  least: ({ model, target }) => [
    model,
    "--target",
    target,
    "--candidates",
    "2",
    "--starts",
    "1",
    "--steps",
    "1",
  ],
  required: ["--target", "nowhere.npy"],
  limits: {
    ...sampling,
    "--candidates": integer(1),
    "--starts": integer(1),
    "--prior-weight": positive,
    "--exponent": between(0, 1),
    "--metric-samples": integer(1),
    "--steps": integer(1),
    "--image-range": range,
    "--resize": pictureSize,
  },
  defaults: { "--seed": 0, "--candidates": 64, "--starts": 4, "--exponent": 0, "--metric-samples": 8 },
};
