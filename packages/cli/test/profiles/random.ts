import { type CommandProfile, integer, map, size } from "../command-profile.ts";
import { scratch } from "../run.ts";

export const profile: CommandProfile = {
  command: "random",
  least: ({ model }) => [model],
  required: ["--out", scratch("random.safetensors")],
  limits: { ...map, "--memory": size, "--k": integer(1), "--seed": integer(0) },
  defaults: { "--seed": 0 },
};
