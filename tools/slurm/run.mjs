// Runs a survey on a real Slurm under everything that befalls one, and compares the bytes: see README.md.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { uniform } from "@vielbein/linalg";
import { startCluster, whatIsMissing } from "./cluster.mjs";

const { values } = parseArgs({
  options: {
    points: { type: "string", default: "2000" },
    shards: { type: "string", default: "40" },
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
  },
});
const [points, shards, kills, seed] = ["points", "shards", "kills", "seed"].map((name) =>
  Number(values[name]),
);
const program = fileURLToPath(new URL("../../packages/cli/bin/vielbein.js", import.meta.url));

const missing = whatIsMissing();
if (missing) {
  console.log(`not run: ${missing} is missing`);
  process.exit(0);
}

/** What is asked to end ends at the next look, and leaves nothing behind. */
let isAskedToEnd = false;
for (const name of ["SIGINT", "SIGTERM"]) {
  process.on(name, () => {
    isAskedToEnd = true;
  });
}

const place = mkdtempSync(join(tmpdir(), "vielbein-slurm-"));
const done = { kills: 0, requeues: 0, preemptions: 0 };
let drawn = 0;
/** A whole number below `limit`, by the seed. */
const draw = (limit) => Math.floor(uniform(seed, drawn++, 1, { high: limit })[0]);

function vielbein(words, env = process.env) {
  return spawnSync(process.execPath, [program, ...words], { env, encoding: "utf8" });
}

function must(words, env) {
  const { status, stdout, stderr } = vielbein(words, env);
  if (status !== 0) throw new Error(`vielbein ${words.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

/** Half of the rows are bases, half are pairs. */
function plan(folder) {
  const half = Math.floor(points / 2);
  const size = Math.ceil(half / (shards / 2));
  const what = ["--to", "w", "--what", "basis,distortion", "--with", "basis --k 50"];
  const own = ["--with", "distortion --untrained 0"];
  const counts = ["--samples", String(half), "--pairs", String(half), "--shard-size", String(size)];
  must(["survey", "plan", "sample", ...what, ...own, ...counts, "--out", folder]);
}

/** Hashes of tables and arrays, by file. */
function dataIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((path) => /^(points|arrays)\//.test(path));
  const bytes = files.filter((path) => statSync(join(folder, path)).isFile()).sort();
  return new Map(
    bytes.map((path) => [
      path,
      createHash("sha256")
        .update(readFileSync(join(folder, path)))
        .digest("hex"),
    ]),
  );
}

/** Processes that work on a survey, or on any in a folder: the workers, of whatever parent. */
function workersOn(folder) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words[1] === program && words.includes("run") && words.some((word) => word.startsWith(folder));
      } catch {
        return false;
      }
    });
}

const statusOf = (folder) => JSON.parse(vielbein(["survey", "status", folder, "--json"]).stdout);

/** Whether all shards have receipts that hold. Counting them costs nothing, and tells most of the time. */
function isDone(folder, shards) {
  const receipts = existsSync(join(folder, "receipts")) ? readdirSync(join(folder, "receipts")) : [];
  return receipts.length === shards && statusOf(folder).done.length === shards;
}

/** A survey under kills, requeues, preemption and a time limit, until its receipts say that it is done. */
async function disturbed(folder, cluster) {
  const { tell, env } = cluster;
  const elements = ["--elements", "8", "--time", "3"];
  const words = ["survey", "submit", folder, "--engine", "slurm", "--partition", "low", ...elements];
  console.log(must(words, env).trim());
  const began = Date.now();
  let submissions = 1;
  const { shards } = statusOf(folder);
  while (!isDone(folder, shards)) {
    await delay(200 + draw(1800));
    disturb(folder, cluster);
    // Requeued elements wait two minutes before they start again, unless they are told to.
    const waiting = tell("squeue", "-h", "-r", "-p", "low", "-t", "PENDING", "-o", "%i");
    for (const job of waiting.split("\n").filter(Boolean))
      spawnSync("scontrol", ["update", `jobid=${job}`, "StartTime=now"], { env });
    if (tell("squeue", "-h", "-p", "low") === "") {
      // What is missing by then.
      if (vielbein(words, env).status === 0) submissions++;
    }
    if (isAskedToEnd || Date.now() - began > 45 * 60_000) {
      throw new Error(`not done after ${befallen()}`);
    }
  }
  tell("scancel", "--user=root");
  console.log(
    `slurm: by now ${befallen()}; submitted ${submissions} times, ${Math.round((Date.now() - began) / 1000)} s`,
  );
}

const befallen = () => `${done.kills} SIGKILLs, ${done.requeues} requeues, ${done.preemptions} preemptions`;

function disturb(folder, { tell, env }) {
  const kind = draw(10);
  const running = tell("squeue", "-h", "-r", "-p", "low", "-t", "RUNNING", "-o", "%A")
    .split("\n")
    .filter(Boolean);
  if (kind < 7) {
    const workers = workersOn(folder);
    if (workers.length === 0 || done.kills >= kills) return;
    try {
      process.kill(workers[draw(workers.length)], "SIGKILL");
      done.kills++;
    } catch {}
  } else if (kind < 9 && running.length > 0) {
    const { status } = spawnSync("scontrol", ["requeue", running[draw(running.length)]], { env });
    if (status === 0) done.requeues++;
  } else if (running.length > 0) {
    tell("sbatch", "--partition=high", "--wrap=sleep 3", "--output=/dev/null", "--job-name=preempts");
    done.preemptions++;
  }
}

/** On a small disk that other data fill, and then leave. */
function fullDisk(wanted) {
  const disk = join(place, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
  try {
    const folder = join(disk, "survey");
    plan(folder);
    must(["survey", "run", folder, "--jobs", "1", "--shards", "0-3", "--quiet"]);
    const room = Number(
      execFileSync("df", ["--output=avail", "-B1", disk], { encoding: "utf8" }).split("\n")[1],
    );
    writeFileSync(join(disk, "ballast"), Buffer.alloc(room - 20_000));
    const full = vielbein(["survey", "run", folder, "--jobs", "1", "--quiet"]);
    if (full.status !== 73 || !/ENOSPC.*Make room/.test(full.stderr))
      throw new Error(`a full disk: status ${full.status}, ${full.stderr}`);
    rmSync(join(disk, "ballast"));
    must(["survey", "run", folder, "--jobs", "2", "--quiet"]);
    compare("a full disk", folder, wanted);
  } finally {
    execFileSync("umount", [disk]);
  }
}

/** Two workers that were both given all shards. */
async function twoWorkers(wanted) {
  const folder = join(place, "two");
  plan(folder);
  const run = () =>
    new Promise((ended) =>
      spawn(process.execPath, [program, "survey", "run", folder, "--jobs", "1", "--quiet"], {
        stdio: "ignore",
      }).on("close", ended),
    );
  const statuses = await Promise.all([run(), run()]);
  if (statuses.some((status) => status !== 0)) throw new Error(`two workers ended with ${statuses}`);
  compare("two workers on every shard", folder, wanted);
}

/** Workers that are cancelled save what they have: that ends before the folder is removed. */
async function endWorkers({ tell }) {
  tell("scancel", "--user=root");
  for (let i = 0; i < 150 && workersOn(place).length > 0; i++) await delay(200);
  for (const pid of workersOn(place)) process.kill(pid, "SIGKILL");
}

function compare(what, folder, wanted) {
  must(["survey", "status", folder, "--verify"]);
  const found = dataIn(folder);
  const other = [...wanted].filter(([path, hash]) => found.get(path) !== hash).map(([path]) => path);
  const same = other.length === 0 && found.size === wanted.size;
  console.log(
    `${same ? "same bytes" : "OTHER BYTES"}: ${what}: ${wanted.size} files${same ? "" : `, other: ${other}`}`,
  );
  if (!same) process.exitCode = 1;
}

/** Undefined where Slurm cannot be started, with the reason. */
async function clusterIfAny() {
  try {
    return await startCluster(join(place, "cluster"));
  } catch (error) {
    const [failed, ...said] = error.message.trim().split("\n");
    console.log(`not run: Slurm does not start here: ${failed} ${said.at(-1) ?? ""}`);
  }
}

/** Every element has a log of its own in the folder, by the number of its job and its index. */
function requireLogs(folder) {
  const logs = readdirSync(join(folder, "logs"));
  if (logs.length === 0 || logs.some((name) => !/^\d+(_\d+)?\.log$/.test(name)))
    throw new Error(`logs in "${folder}": ${logs.join(", ") || "none"}`);
}

/** One survey after another, until as many kills have struck as were asked for. */
async function surveysOn(cluster, wanted) {
  for (let round = 1; round === 1 || done.kills < kills; round++) {
    // A name with all that sbatch reads in a way of its own.
    const folder = join(place, `survey ${round}, 50%j "done", it's #1`);
    plan(folder);
    await disturbed(folder, cluster);
    requireLogs(folder);
    compare(`kills, requeues, preemption and time limits on Slurm, survey ${round}`, folder, wanted);
  }
}

async function everything(cluster) {
  const reference = join(place, "reference");
  plan(reference);
  must(["survey", "run", reference, "--quiet"]);
  const wanted = dataIn(reference);
  console.log(`undisturbed: ${statusOf(reference).shards} shards, ${wanted.size} files`);
  fullDisk(wanted);
  await twoWorkers(wanted);
  await surveysOn(cluster, wanted);
}

try {
  const cluster = await clusterIfAny();
  if (cluster) {
    try {
      await everything(cluster);
    } finally {
      await endWorkers(cluster);
      await cluster.stop();
    }
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
