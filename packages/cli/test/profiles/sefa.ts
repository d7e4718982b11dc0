import { type CommandProfile, indices, integer, positive, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "sefa",
  least: ({ model }) => [model, "--k", "1", "-N", "1", "--columns", "2"],
  limits: {
    ...sampling,
    "--layers": { passes: ["all", "0-2"], fails: indices.fails },
    "--k": integer(1),
    "--samples": integer(1, 1000),
    "--range": positive,
    "--columns": integer(2, 99),
    "--image-range": range,
  },
  defaults: { "--seed": 0, "--samples": 5, "--range": 3, "--columns": 11 },
};
