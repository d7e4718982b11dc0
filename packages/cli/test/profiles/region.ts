import { between, type CommandProfile, integer, positive, range, sampling } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "region",
  least: ({ model }) => [model, "--region", "0,0,4,4", "--k", "1", "--columns", "2"],
  required: ["--region", "0,0,1,1"],
  limits: {
    ...sampling,
    "--k": integer(1),
    "--sample": integer(0),
    "--tolerance": between(1e-9, 0.999),
    "--regularization": between(1e-9, 0.999),
    "--range": positive,
    "--columns": integer(2, 99),
    "--image-range": range,
  },
  defaults: { "--seed": 0, "--sample": 0, "--range": 3, "--columns": 7 },
};
