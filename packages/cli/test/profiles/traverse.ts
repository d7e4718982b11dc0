import {
  type CommandProfile,
  indices,
  integer,
  layout,
  positive,
  range,
  sampling,
} from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "traverse",
  least: ({ model }) => [model, "--directions", "0", "--columns", "3"],
  limits: {
    ...sampling,
    "--directions": indices,
    "--layers": indices,
    "--range": positive,
    "--curve-steps": integer(2, 10_000),
    "--columns": integer(2, 999),
    "--sample": integer(0),
    "--delay": integer(0, 65_535),
    "--image-range": range,
    "--layout": layout,
    "--sample-rate": integer(1, 2 ** 32 - 1),
  },
  defaults: { "--seed": 0, "--curve-steps": 24, "--columns": 7, "--sample": 0, "--delay": 80 },
};
