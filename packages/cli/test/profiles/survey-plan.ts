import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandProfile, integer, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "survey plan",
  least: ({ model }) => [model, "--what", "basis", "--samples", "1", "--shard-size", "1"],
  required: ["--what", "basis,distortion", "--out", join(tmpdir(), "vielbein-no-survey")],
  limits: {
    ...sampling,
    "--samples": integer(1),
    "--pairs": integer(1),
    "--what": { passes: ["basis", "metric,warpage"], fails: ["", "x", "basis,", "basis,basis"] },
    "--keep": { passes: ["points", "points,values"], fails: ["", ","] },
    "--shard-size": { passes: ["1", "auto"], fails: ["", "0", "1.5", "x"] },
  },
};
