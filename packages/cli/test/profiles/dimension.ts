import {
  type CommandProfile,
  integer,
  percent,
  positive,
  sampling,
  shares,
  untrained,
} from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "dimension",
  least: ({ model }) => [model, "--samples", "2"],
  limits: {
    ...sampling,
    "--sigma": positive,
    "--samples": integer(1),
    "--draws": integer(1, 1000),
    "--probes": integer(2, 10_000),
    "--threshold": shares,
    "--alpha": percent,
    "--untrained": untrained,
  },
  defaults: {
    "--seed": 0,
    "--draws": 1,
    "--samples": 10,
    "--threshold": [0.01],
    "--probes": 16,
    "--alpha": 0.5,
    "--untrained": 0,
  },
};
