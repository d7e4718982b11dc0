import type { CommandProfile } from "../command-profile.ts";

export const profile: CommandProfile = { command: "survey report", least: ({ survey }) => [survey] };
