import { type CommandProfile, map, size } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "inspect",
  limits: { ...map, "--memory": size },
};
