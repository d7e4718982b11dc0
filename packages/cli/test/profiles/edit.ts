import { type CommandProfile, integer, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "edit",
  least: ({ model, first }) => [model, "--directions-in", first, "--edit", "d0"],
  required: ["--directions-in", "nowhere.safetensors", "--edit", "d0"],
  limits: {
    ...sampling,
    "--sample": integer(0),
    "--samples": integer(1, 99),
    "--columns": integer(2, 99),
    "--image-range": range,
    "--sample-rate": integer(1, 2 ** 32 - 1),
  },
  defaults: { "--seed": 0, "--sample": 0, "--samples": 1, "--columns": 9 },
};
