import {
  type CommandProfile,
  indices,
  integer,
  pictureSize,
  positive,
  range,
  sampling,
} from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "axes",
  least: ({ model }) => [model, "--axes", "0", "--columns", "2"],
  limits: {
    ...sampling,
    "--axes": indices,
    "--samples": integer(1, 99),
    "--sample": integer(0),
    "--range": positive,
    "--columns": integer(2, 99),
    "--image-range": range,
    "--resize": pictureSize,
  },
  defaults: { "--seed": 0, "--samples": 1, "--sample": 0, "--range": 1, "--columns": 7 },
};
