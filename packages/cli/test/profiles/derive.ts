import { type CommandProfile, map, size } from "../command-profile.ts";
import { scratch } from "../run.ts";

export const profile: CommandProfile = {
  command: "derive",
  least: ({ model }) => [model],
  required: ["--out", scratch("derived.onnx")],
  limits: { ...map, "--memory": size },
};
