// A small survey on a real Slurm; the whole of it is `node tools/slurm/run.mjs`, which takes much longer.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../run.mjs", import.meta.url));
const kills = 8;

it("kills, requeues, preemption, a full disk and two workers change no byte", (context) => {
  if (process.env.VIELBEIN_SLURM === undefined) {
    context.skip(
      "VIELBEIN_SLURM is not set; a survey on Slurm takes minutes, root, slurmctld, slurmd and munge",
    );
  }
  const small = ["--points", "120", "--shards", "8", "--kills", String(kills)];
  // The path of a socket is a hundred bytes at most.
  const env = { ...process.env, TMPDIR: "/tmp" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...small], {
    env,
    encoding: "utf8",
  });
  if (stdout.startsWith("not run")) context.skip(stdout.trim());
  expect([status, stderr]).toEqual([0, ""]);
  // A full disk, two workers, and as many surveys on Slurm as it took.
  expect(stdout.match(/^same bytes/gm)!.length).toBeGreaterThanOrEqual(3);
  expect(stdout).not.toContain("OTHER BYTES");
  expect(
    Number(
      stdout
        .match(/(\d+) SIGKILLs/g)!
        .at(-1)!
        .split(" ")[0],
    ),
  ).toBeGreaterThanOrEqual(kills);
}, 1_800_000);
