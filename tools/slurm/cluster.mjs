// A Slurm of two nodes on this machine, for a test: munged, slurmctld and two slurmd, all of whose files are in one
// folder. Needs root and Debian's packages slurm-wlm and munge.

import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** What a program complains of is in the error that it throws. */
const QUIETLY = { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel"];

/** What is missing for a cluster; undefined where nothing is. */
export function whatIsMissing() {
  if (process.getuid?.() !== 0) return "root";
  return PROGRAMS.find((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
}

/** Partition `low` may be preempted by `high`; arrays have at most 100 elements. */
function configuration(folder) {
  const host = hostname().split(".")[0];
  return `ClusterName=test
SlurmctldHost=${host}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd-%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
MaxArraySize=101
KillWait=10
NodeName=n1 NodeHostname=${host} Port=16821 CPUs=1 RealMemory=4000
NodeName=n2 NodeHostname=${host} Port=16822 CPUs=1 RealMemory=4000
PartitionName=low Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=high Nodes=n1,n2 MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
`;
}

/** Starts a cluster in a folder, and returns how to talk to it and how to stop it; where it does not start, throws. */
export async function startCluster(folder) {
  for (const name of ["state", "n1", "n2", "munge"]) mkdirSync(join(folder, name), { recursive: true });
  const conf = join(folder, "slurm.conf");
  writeFileSync(conf, configuration(folder));
  const env = { ...process.env, SLURM_CONF: conf };
  const tell = (program, ...words) => execFileSync(program, words, { ...QUIETLY, env }).trim();
  try {
    await startDaemons(folder, conf, tell);
  } catch (error) {
    await stop(folder);
    throw error;
  }
  return { env, tell, stop: () => stop(folder) };
}

async function startDaemons(folder, conf, tell) {
  startMunge(folder);
  tell("slurmctld", "-c");
  await delay(1000);
  for (const node of ["n1", "n2"]) tell("slurmd", "-N", node, "-f", conf);
  for (let i = 0; !isIdle(tell); i++) {
    if (i === 120) throw new Error("its nodes are not idle after a minute");
    await delay(500);
  }
}

/** The controller may not answer yet. */
function isIdle(tell) {
  try {
    return tell("sinfo", "-h", "-o", "%T").includes("idle");
  } catch {
    return false;
  }
}

/** As root, as Slurm here is: another user may not get into the root folder of a system that was made for a test. */
function startMunge(folder) {
  const place = join(folder, "munge");
  const key = join(place, "key");
  if (!existsSync(key)) writeFileSync(key, randomBytes(1024));
  chmodSync(key, 0o400);
  chmodSync(place, 0o711);
  const files = ["key", "socket", "pid", "log", "seed"].map((name) =>
    name === "socket" ? `--socket=${place}/socket` : `--${name}-file=${place}/${name}`,
  );
  execFileSync("munged", ["--force", ...files], QUIETLY);
}

/** Ends what was started, and nothing else. */
async function stop(folder) {
  const files = ["slurmd-n1.pid", "slurmd-n2.pid", "slurmctld.pid", "munge/pid"];
  const pids = files.flatMap((name) => {
    const path = join(folder, name);
    return existsSync(path) ? [Number(readFileSync(path, "utf8"))] : [];
  });
  for (const pid of pids) signal(pid, "SIGTERM");
  for (let i = 0; i < 100 && pids.some((pid) => signal(pid, 0)); i++) await delay(100);
  for (const pid of pids) signal(pid, "SIGKILL");
}

function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
