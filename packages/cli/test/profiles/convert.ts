import { readFileSync } from "node:fs";
import { between, type CommandProfile, integer } from "../command-profile.ts";
import { scratch } from "../run.ts";

const checkpoint = new URL("../../../checkpoints/test/fixtures/stylegan2_rosinality.pt", import.meta.url);

export const profile: CommandProfile = {
  command: "convert",
  least: () => [scratch("checkpoint.pt", readFileSync(checkpoint))],
  required: ["--out", scratch("converted.onnx")],
  limits: { "--label": integer(0), "--size": integer(1, 65_536), "--truncation": between(0, 2) },
};
