import { type CommandProfile, integer } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "compare",
  least: ({ first, second }) => [first, second],
  limits: { "--k": integer(1) },
};
