// vielbein intrinsic: the intrinsic dimension of a cloud of points, by many estimators.

import { command } from "../../kit/command.ts";
import { writeFigure } from "../../kit/figure.ts";
import { writeNamed } from "../../kit/output.ts";
import { openCloud } from "./clouds.ts";
import { estimatesOf, withoutLocal } from "./estimates.ts";
import { chosenEstimators, options } from "./options.ts";
import { encodeLocal, intrinsicJson, intrinsicPlot, intrinsicText } from "./report.ts";

export const intrinsic = command({
  argument: "<cloud>",
  description:
    "Estimates the dimension of a cloud: the rows of FILE.npy, FILE.npz or FILE.npz:NAME, or, of a model, what samples or the codes of a small ball become at --to. Beside every estimate stands the same one of as many points of a Gaussian of that dimension, which shows its bias.",
  options,
  async run(task) {
    const { options, terminal, signal } = task;
    const { neighbours, seed, out, plot } = options;
    const names = chosenEstimators(options);
    const opened = await openCloud(task);
    const perPoint = options.perPoint || out !== undefined;
    const estimates = await estimatesOf(task, opened.cloud, names, { k: neighbours, seed, perPoint });
    await writeNamed(out, () => encodeLocal(opened, estimates), terminal);
    const shown = options.perPoint ? estimates : estimates.map(withoutLocal);
    return {
      json: () => intrinsicJson(opened, shown),
      text: () => intrinsicText(opened, shown),
      after: () => writeFigure(plot, () => intrinsicPlot(opened, shown), terminal, signal),
    };
  },
});
