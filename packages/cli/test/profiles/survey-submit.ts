import { type CommandProfile, integer } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "survey submit",
  required: ["--engine", "kubernetes", "--print"],
  limits: {
    "--elements": integer(1, 100_000),
    "--at-once": integer(1),
    "--cpus": integer(1, 1024),
    "--gpus": integer(1, 64),
    "--mem": { passes: ["8G", "512Mi", "4000"], fails: ["", "0", "8 G", "x"] },
  },
};
