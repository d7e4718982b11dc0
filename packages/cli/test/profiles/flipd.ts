// What the tests of all commands know of flipd.

import { writeNpy } from "@vielbein/linalg/npy";
import { idealDenoiser } from "../analytic-denoisers.ts";
import { type CommandProfile, integer, map, positives, size, untrained } from "../command-profile.ts";
import { scratch } from "../run.ts";

const line = { weight: 1, mean: [0, 0, 0], basis: [[1], [0], [0]], variances: [1] };
const stated = { "vielbein.prediction": "x0", "vielbein.noise-input": "sigma" };

export const profile: CommandProfile = {
  command: "flipd",
  least: () => [
    scratch("denoiser.onnx", idealDenoiser([line], stated)),
    ...["--points", scratch("data.npy", writeNpy({ shape: [2, 3], data: new Float32Array(6) }))],
    ...["--sigma", "0.1", "--untrained", "0"],
  ],
  required: ["--points", "nowhere.npy", "--sigma", "0.1"],
  limits: {
    ...map,
    "--memory": size,
    "--sigma": positives,
    "--products": integer(4),
    "--seed": integer(0),
    "--untrained": untrained,
  },
  defaults: { "--products": 96, "--seed": 0, "--untrained": 1 },
};
