import { type CommandProfile, integer } from "../command-profile.ts";

export const profile: CommandProfile = { command: "survey run", limits: { "--jobs": integer(1, 1024) } };
