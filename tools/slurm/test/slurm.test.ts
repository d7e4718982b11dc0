// A small survey on a real Slurm; the whole of it is `node tools/slurm/run.mjs`, which takes much longer.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../run.mjs", import.meta.url));
const missing =
  process.env.VIELBEIN_SLURM === undefined
    ? "VIELBEIN_SLURM is not set; a survey on Slurm takes minutes, root, slurm-wlm and munge"
    : undefined;

it("kills, requeues, preemption, a full disk and two workers change no byte", (context) => {
  if (missing) context.skip(missing);
  const small = ["--points", "120", "--shards", "8", "--kills", "8"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...small], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  if (!stdout.startsWith("not run")) expect(stdout.match(/^same bytes/gm)).toHaveLength(3);
}, 1_800_000);
