import { type CommandProfile, integer } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "explore",
  limits: { "--port": integer(0, 65_535), "--label": integer(0), "--size": integer(1, 65_536) },
};
