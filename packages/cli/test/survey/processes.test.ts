// Surveys as processes: several share the work, and are stopped, killed and started again.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { uniform } from "@vielbein/linalg";
import { beforeAll, describe, expect, it } from "vitest";
import { bundleCommand } from "../bundle.ts";
import { generatorBytes } from "../models.ts";
import { scratch, vielbein } from "../run.ts";
import { dataIn, filesIn, planned, ran } from "./surveys.ts";

const model = scratch("generator.onnx", generatorBytes);
const plan = [model, "--what", "basis,distortion", "--samples", "24", "--pairs", "12", "--shard-size", "4"];
const reference = scratch("reference");
let wanted: Record<string, string> = {};
let program = "";

beforeAll(async () => {
  const folder = scratch("command");
  mkdirSync(folder);
  program = await bundleCommand(folder);
  await planned(reference, ...plan);
  await ran(reference);
  wanted = dataIn(reference);
}, 120_000);

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `survey run`; the process leads a group of its own. */
function started(folder: string, ...argv: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, "survey", "run", folder, ...argv], { detached: true });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((done) =>
    child.on("close", (code, signal) => done({ code, signal, stdout, stderr })),
  );
  return { child, ended };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(20);
}

const receipts = (folder: string) => filesIn(folder).filter((path) => path.startsWith("receipts/")).length;
const claims = (folder: string) => filesIn(folder).filter((path) => path.startsWith("claims/")).length;

describe("survey run, as processes", () => {
  it("shares the shards among --jobs, each computed once", async () => {
    const folder = scratch("jobs");
    await planned(folder, ...plan);
    const { code, stdout, stderr } = await started(folder, "--jobs", "2", "--json", "--quiet").ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ computed: [0, 1, 2, 3, 4, 5, 6, 7, 8], failed: [] });
    expect(dataIn(folder)).toEqual(wanted);
    expect(claims(folder)).toBe(0);
    const receipt = JSON.parse(readFileSync(join(folder, "receipts/00003.json"), "utf8"));
    expect(receipt).toMatchObject({ shard: 3, rows: 4, computed: 4, problems: 0, host: hostname() });
    expect(receipt.peakMemory).toBeGreaterThan(2 ** 24);
    expect(receipt.engine).toContain("onnxruntime-node");
  });

  it.each([
    ["one process", "1"],
    ["several", "2"],
  ])("SIGTERM, even twice, finishes the point, keeps it and exits with 75: %s", async (_, jobs) => {
    const folder = scratch(`term-${jobs}`);
    await planned(folder, ...plan);
    const { child, ended } = started(folder, "--jobs", jobs);
    await until(() => receipts(folder) >= 2);
    child.kill("SIGTERM");
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([75, expect.stringContaining("what was computed is kept")]);
    expect(claims(folder)).toBe(0);
    expect(receipts(folder)).toBeLessThan(9);
    expect((await started(folder, "--jobs", jobs).ended).code).toBe(0);
    expect(dataIn(folder)).toEqual(wanted);
  });

  it("workers of one that is killed end by themselves", async () => {
    const folder = scratch("orphans");
    await planned(folder, ...plan);
    const { child, ended } = started(folder, "--jobs", "2");
    await until(() => claims(folder) >= 2);
    child.kill("SIGKILL");
    expect((await ended).signal).toBe("SIGKILL");
    // They finish their point, save it, and let their shards go.
    await until(() => claims(folder) === 0);
    expect((await ran(folder)).code).toBe(0);
    expect(dataIn(folder)).toEqual(wanted);
  });

  it("is killed again and again, workers and all, and in the end is what it would have been", async () => {
    const [folder, undisturbed] = [scratch("killed"), scratch("undisturbed")];
    const plan = [model, "--what", "basis", "--samples", "40", "--shard-size", "1"];
    for (const each of [folder, undisturbed]) await planned(each, ...plan);
    await ran(undisturbed);
    const wanted = dataIn(undisturbed);
    const waits = uniform(7, 0, 12, { low: 0, high: 100 });
    let kills = 0;
    for (const wait of waits) {
      const before = receipts(folder);
      const { child, ended } = started(folder, "--jobs", "2", "--lease", "1");
      let hasEnded = false;
      void ended.then(() => {
        hasEnded = true;
      });
      await until(() => hasEnded || receipts(folder) > before);
      await Promise.race([delay(wait), ended]);
      try {
        process.kill(-child.pid!, "SIGKILL");
        kills++;
      } catch {}
      await ended;
    }
    expect(kills).toBeGreaterThan(2);
    const { code } = await started(folder, "--jobs", "1").ended;
    expect(code).toBe(0);
    expect(dataIn(folder)).toEqual(wanted);
    expect((await vielbein("survey", "status", folder, "--verify")).code).toBe(0);
  });

  it("two workers on the same shards write the same bytes; with --claim they share them", async () => {
    const folder = scratch("twice");
    await planned(folder, ...plan);
    const both = [started(folder, "--jobs", "1"), started(folder, "--jobs", "1")];
    for (const { ended } of both) expect((await ended).code).toBe(0);
    expect(dataIn(folder)).toEqual(wanted);
    const shared = scratch("shared");
    await planned(shared, ...plan);
    const workers = [0, 1].map(() => started(shared, "--claim", "--jobs", "1", "--json").ended);
    const found = (await Promise.all(workers)).map(({ stdout }) => JSON.parse(stdout).computed);
    expect(found.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(dataIn(shared)).toEqual(wanted);
  });

  it("takes over the shards of a worker that died: at once on this machine, elsewhere when its lease ends", async () => {
    const folder = scratch("dead");
    await planned(folder, ...plan);
    const { child, ended } = started(folder, "--jobs", "1");
    await until(() => claims(folder) === 1);
    process.kill(-child.pid!, "SIGKILL");
    await ended;
    expect(claims(folder)).toBe(1);
    const text = { owner: "o", host: "elsewhere", pid: 1, since: "then", lease: 3_600_000, rows: 0 };
    const claimedUntil = (time: number) => {
      const expires = new Date(time).toISOString();
      writeFileSync(join(folder, "claims/00008.json"), JSON.stringify({ ...text, expires }));
    };
    claimedUntil(Date.now() + 3_600_000);
    const { stdout } = await started(folder, "--claim", "--jobs", "1", "--shards", "0,8", "--json").ended;
    expect(JSON.parse(stdout)).toMatchObject({ computed: [0], elsewhere: [8] });
    claimedUntil(Date.now() - 1);
    const later = await started(folder, "--claim", "--jobs", "1", "--json").ended;
    expect(JSON.parse(later.stdout)).toMatchObject({ elsewhere: [] });
    expect(dataIn(folder)).toEqual(wanted);
    expect(existsSync(join(folder, "claims/00008.json"))).toBe(false);
  });
});
