import {
  type CommandProfile,
  indices,
  integer,
  pictureSize,
  positive,
  range,
  sampling,
  untrained,
} from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "curvature",
  least: ({ model }) => [model, "--samples", "2", "--k", "1", "--untrained", "0"],
  limits: {
    ...sampling,
    "--samples": integer(1),
    "--k": integer(1),
    "--directions": indices,
    "--epsilon": positive,
    "--untrained": untrained,
    "--image-range": range,
    "--resize": pictureSize,
    "--range": positive,
    "--columns": integer(2, 99),
  },
  defaults: {
    "--seed": 0,
    "--samples": 10,
    "--epsilon": 0.1,
    "--untrained": 1,
    "--range": 3,
    "--columns": 7,
  },
};
