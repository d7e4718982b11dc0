// A small survey on a real Slurm; the whole of it is `node tools/slurm/run.mjs`, which takes much longer.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../run.mjs", import.meta.url));
const isWanted = process.env.VIELBEIN_SLURM !== undefined;
if (!isWanted)
  console.log("skipped: a survey on Slurm, which takes VIELBEIN_SLURM=1, root, slurm-wlm and munge");

it.skipIf(!isWanted)(
  "kills, requeues, preemption, a full disk and two workers change no byte",
  () => {
    const small = ["--points", "120", "--shards", "8", "--kills", "8"];
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...small], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    if (!stdout.startsWith("not run")) expect(stdout.match(/^same bytes/gm)).toHaveLength(3);
  },
  1_800_000,
);
