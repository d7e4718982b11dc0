import { type CommandProfile, integer, positive, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "basis",
  least: ({ model }) => [model],
  limits: { ...sampling, "--samples": integer(1), "--k": integer(1), "--sigma": positive },
  defaults: { "--seed": 0, "--samples": 1 },
};
