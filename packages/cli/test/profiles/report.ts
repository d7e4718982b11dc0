import { type CommandProfile, layout, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "report",
  least: ({ model }) => [model, "--effort", "quick"],
  limits: { ...sampling, "--image-range": range, "--layout": layout },
};
