import { type CommandProfile, integer, layout, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "samples",
  least: ({ model }) => [model, "--rows", "1", "--columns", "2"],
  limits: {
    ...sampling,
    "--sample": integer(0),
    "--rows": integer(1, 99),
    "--columns": integer(1, 99),
    "--image-range": range,
    "--layout": layout,
  },
  defaults: { "--seed": 0, "--sample": 0, "--rows": 3, "--columns": 8 },
};
