import type { CommandProfile } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "directions import",
  least: ({ target }) => [target, "--space", "w"],
};
